"""serve.py NAME: answers each line on its standard input with what a library does, by ctypes. The load of apply.py."""
import ctypes
import hashlib
import sys

DOCUMENT = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e "text">]><a b="c">&e;<d x="1">' + b'<i>item</i>' * 50 + b'</d></a>'


def load(name):
    library = ctypes.CDLL(name)

    def function(called, *arguments, result=ctypes.c_int):
        entry = getattr(library, called)
        entry.restype = result
        return entry(*arguments)
    return function


def text(value):
    return value.decode('utf-8', 'replace') if value else str(value)


def expat():
    call = load('libexpat.so.1')

    def work():
        parser = call('XML_ParserCreate', None, result=ctypes.c_void_p)
        done = call('XML_Parse', ctypes.c_void_p(parser), DOCUMENT, len(DOCUMENT), 1)
        where = call('XML_GetCurrentByteIndex', ctypes.c_void_p(parser), result=ctypes.c_long)
        call('XML_ParserFree', ctypes.c_void_p(parser), result=None)
        return text(call('XML_ExpatVersion', result=ctypes.c_char_p)), done, where
    return work


def xml2():
    call = load('libxml2.so.2')

    def work():
        document = call('xmlReadMemory', DOCUMENT, len(DOCUMENT), b'a.xml', None, 2, result=ctypes.c_void_p)
        size = ctypes.c_int()
        out = ctypes.c_void_p()
        call('xmlDocDumpMemory', ctypes.c_void_p(document), ctypes.byref(out), ctypes.byref(size), result=None)
        dumped = ctypes.string_at(out.value, size.value)
        call('xmlFreeDoc', ctypes.c_void_p(document), result=None)
        return hashlib.sha256(dumped).hexdigest()[:16], size.value
    return work


def crypto():
    call = load('libcrypto.so.3')

    def work():
        digest = ctypes.create_string_buffer(64)
        length = ctypes.c_uint()
        call('EVP_Digest', DOCUMENT, ctypes.c_size_t(len(DOCUMENT)), digest, ctypes.byref(length),
             ctypes.c_void_p(call('EVP_sha512', result=ctypes.c_void_p)), None)
        return text(call('OpenSSL_version', 0, result=ctypes.c_char_p)), digest.raw[:length.value].hex()[:16]
    return work


def zstd():
    call = load('libzstd.so.1')

    def work():
        packed = ctypes.create_string_buffer(4096)
        size = call('ZSTD_compress', packed, ctypes.c_size_t(4096), DOCUMENT, ctypes.c_size_t(len(DOCUMENT)), 3,
                    result=ctypes.c_size_t)
        back = ctypes.create_string_buffer(4096)
        count = call('ZSTD_decompress', back, ctypes.c_size_t(4096), packed, ctypes.c_size_t(size), result=ctypes.c_size_t)
        return text(call('ZSTD_versionString', result=ctypes.c_char_p)), back.raw[:count] == DOCUMENT
    return work


def brotli():
    encode, decode = load('libbrotlienc.so.1'), load('libbrotlidec.so.1')

    def work():
        packed = ctypes.create_string_buffer(4096)
        size = ctypes.c_size_t(4096)
        encode('BrotliEncoderCompress', 5, 22, 0, ctypes.c_size_t(len(DOCUMENT)), DOCUMENT, ctypes.byref(size), packed)
        back = ctypes.create_string_buffer(4096)
        count = ctypes.c_size_t(4096)
        decode('BrotliDecoderDecompress', size, packed, ctypes.byref(count), back)
        return decode('BrotliDecoderVersion'), back.raw[:count.value] == DOCUMENT
    return work


def pcre2():
    call = load('libpcre2-8.so.0')

    def work():
        error, offset = ctypes.c_int(), ctypes.c_size_t()
        code = call('pcre2_compile_8', b'(i)(te)*m', ctypes.c_size_t(9), 0, ctypes.byref(error), ctypes.byref(offset),
                    None, result=ctypes.c_void_p)
        data = call('pcre2_match_data_create_8', 20, None, result=ctypes.c_void_p)
        found = call('pcre2_match_8', ctypes.c_void_p(code), DOCUMENT, ctypes.c_size_t(len(DOCUMENT)), ctypes.c_size_t(0),
                     0, ctypes.c_void_p(data), None)
        call('pcre2_match_data_free_8', ctypes.c_void_p(data), result=None)
        call('pcre2_code_free_8', ctypes.c_void_p(code), result=None)
        version = ctypes.create_string_buffer(64)
        call('pcre2_config_8', 11, version)
        return found, text(version.value)
    return work


def lzma():
    call = load('liblzma.so.5')

    def work():
        packed = ctypes.create_string_buffer(8192)
        size = ctypes.c_size_t(0)
        done = call('lzma_easy_buffer_encode', 3, 4, None, DOCUMENT, ctypes.c_size_t(len(DOCUMENT)), packed,
                    ctypes.byref(size), ctypes.c_size_t(8192))
        limit, at, count = ctypes.c_uint64(1 << 28), ctypes.c_size_t(0), ctypes.c_size_t(0)
        back = ctypes.create_string_buffer(8192)
        call('lzma_stream_buffer_decode', ctypes.byref(limit), 0, None, packed, ctypes.byref(at), size, back,
             ctypes.byref(count), ctypes.c_size_t(8192))
        return text(call('lzma_version_string', result=ctypes.c_char_p)), done, back.raw[:count.value] == DOCUMENT
    return work


def glib():
    call = load('libglib-2.0.so.0')

    def work():
        parsed = call('g_uri_escape_string', b'a b/c?d=\xc3\xa9', None, 1, result=ctypes.c_char_p)
        sum_ = call('g_compute_checksum_for_data', 2, DOCUMENT, ctypes.c_size_t(len(DOCUMENT)), result=ctypes.c_char_p)
        return text(parsed), text(sum_)[:16], call('g_pattern_match_simple', b'*tem*', b'an item')
    return work


def curl():
    call = load('libcurl.so.4')

    def work():
        handle = call('curl_easy_init', result=ctypes.c_void_p)
        call('curl_easy_setopt', ctypes.c_void_p(handle), 10002, b'file:///dev/null')
        done = call('curl_easy_perform', ctypes.c_void_p(handle))
        escaped = call('curl_easy_escape', ctypes.c_void_p(handle), b'a b&c', 5, result=ctypes.c_char_p)
        call('curl_easy_cleanup', ctypes.c_void_p(handle), result=None)
        return text(call('curl_version', result=ctypes.c_char_p)), done, text(escaped)
    return work


def simple(library, *calls):
    def make():
        call = load(library)
        return lambda: [text(got) if isinstance(got, bytes) else got for got in
                        (call(name, *arguments, result=result) for name, arguments, result in calls)]
    return make


STRING, INT = ctypes.c_char_p, ctypes.c_int
KINDS = {
    'expat': expat, 'xml2': xml2, 'crypto': crypto, 'zstd': zstd, 'brotli': brotli, 'pcre2': pcre2, 'lzma': lzma,
    'glib': glib, 'curl': curl,
    'event': simple('libevent-2.1.so.7', ('event_get_version', (), STRING), ('evutil_ascii_strcasecmp', (b'a', b'B'), INT)),
    'ssh2': simple('libssh2.so.1', ('libssh2_version', (0,), STRING), ('libssh2_init', (0,), INT)),
    'ssh': simple('libssh.so.4', ('ssh_version', (0,), STRING), ('ssh_init', (), INT)),
    'png': simple('libpng16.so.16', ('png_get_libpng_ver', (None,), STRING), ('png_access_version_number', (), INT)),
    'gd': simple('libgd.so.3', ('gdVersionString', (), STRING), ('gdMajorVersion', (), INT)),
    'archive': simple('libarchive.so.13', ('archive_version_string', (), STRING), ('archive_version_number', (), INT)),
    'de265': simple('libde265.so.0', ('de265_get_version', (), STRING), ('de265_init', (), INT)),
    'pq': simple('libpq.so.5', ('PQlibVersion', (), INT), ('PQisthreadsafe', (), INT)),
    'git2': simple('libgit2.so.1.5', ('git_libgit2_init', (), INT), ('git_libgit2_features', (), INT)),
    'raw': simple('libraw.so.20', ('libraw_version', (), STRING), ('libraw_cameraCount', (), INT)),
    'ass': simple('libass.so.9', ('ass_library_version', (), INT)),
    'nss': simple('libnss3.so', ('NSS_GetVersion', (), STRING), ('NSS_IsInitialized', (), INT)),
    'gpgme': simple('libgpgme.so.11', ('gpgme_check_version', (None,), STRING)),
    'systemd': simple('libsystemd.so.0', ('sd_booted', (), INT), ('sd_is_socket', (0, 0, 0, -1), INT)),
    'udev': simple('libudev.so.1', ('udev_list_entry_get_next', (None,), INT), ('udev_get_userdata', (None,), INT)),
    'sasl': simple('libsasl2.so.2', ('sasl_global_listmech', (), STRING)),
    'c': simple('libc.so.6', ('gnu_get_libc_version', (), STRING), ('abs', (-3,), INT), ('strverscmp', (b'a', b'b'), INT)),
    'python': lambda: lambda: (sys.version, sorted({'b': 1, 'a': 2}), hashlib.sha256(DOCUMENT).hexdigest()[:16]),
    'xslt': simple('libxslt.so.1', ('xsltInit', (), INT)),
    'aom': simple('libaom.so.3', ('aom_codec_version', (), INT), ('aom_codec_version_str', (), STRING)),
}


def main():
    work = KINDS[sys.argv[1]]()
    print('ready', flush=True)
    for _ in sys.stdin:
        print(work(), flush=True)


main()
