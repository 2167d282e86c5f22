package dev.pulpo.engine.container;

import dev.pulpo.elf.BuildId;
import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.PatchId;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Metadata as bytes, little-endian and without padding, as libpulp 0.3 reads and writes it. A string is its length, which
 * counts the NUL at its end, and its bytes:
 *
 * <pre>
 *   u8 type, 1      u8 id[32]      u32 length · build-id of the target      string target
 *   u32 count · { string function · string replacement · u64 address }
 *   u32 count · { u8 id[32] }
 *   u32 count · { string variable · string reference · u64 target offset · u64 patch offset · u8 thread-local }
 * </pre>
 *
 * In the section {@code .ulp.rev} the type is 2, and nothing follows the target, which is there without its NUL.
 */
final class MetadataFormat {
    private static final int APPLY = 1;
    private static final int REVERT = 2;
    /** The shortest of each that can be: strings of nothing but their NUL. */
    private static final int SHORTEST_FUNCTION = 5 + 5 + 8;
    private static final int SHORTEST_REFERENCE = 5 + 5 + 8 + 8 + 1;

    private MetadataFormat() {}

    static byte[] encode(Metadata metadata) {
        Writer out = new Writer(APPLY, metadata);
        out.string(metadata.target());
        out.u32(metadata.functions().size());
        for (FunctionPair pair : metadata.functions()) {
            out.string(pair.function());
            out.string(pair.replacement());
            out.u64(pair.address().value());
        }
        out.u32(metadata.dependencies().size());
        metadata.dependencies().forEach(id -> out.bytes(id.bytes()));
        out.u32(metadata.references().size());
        for (DataReference reference : metadata.references()) {
            out.string(reference.variable());
            out.string(reference.reference());
            out.u64(reference.targetOffset());
            out.u64(reference.patchOffset());
            out.u8(reference.threadLocal() ? 1 : 0);
        }
        return out.toByteArray();
    }

    static byte[] encodeRevert(Metadata metadata) {
        Writer out = new Writer(REVERT, metadata);
        byte[] name = RawText.encode(metadata.target());
        out.u32(name.length);
        out.bytes(name);
        return out.toByteArray();
    }

    /** @throws dev.pulpo.elf.MalformedElfException where it is no metadata */
    static Metadata decode(ByteCursor in) {
        type(in, APPLY, "of a patch");
        PatchId id = patchId(in);
        BuildId build = buildId(in);
        String target = string(in);
        List<FunctionPair> functions = new ArrayList<>();
        for (long i = count(in, SHORTEST_FUNCTION); i > 0; i--) {
            functions.add(new FunctionPair(string(in), string(in), new LinkAddress(in.u64())));
        }
        List<PatchId> dependencies = new ArrayList<>();
        for (long i = count(in, PatchId.BYTES); i > 0; i--) {
            dependencies.add(patchId(in));
        }
        List<DataReference> references = new ArrayList<>();
        for (long i = count(in, SHORTEST_REFERENCE); i > 0; i--) {
            references.add(new DataReference(string(in), string(in), in.u64(), in.u64(), truth(in)));
        }
        end(in);
        return new Metadata(id, build, target, functions, dependencies, references);
    }

    /** The same without anything to replace, as that is all that this section holds. */
    static Metadata decodeRevert(ByteCursor in) {
        type(in, REVERT, "of what takes a patch back");
        PatchId id = patchId(in);
        BuildId build = buildId(in);
        String target = utf8(in, in.u32());
        end(in);
        return new Metadata(id, build, target, List.of(), List.of(), List.of());
    }

    private static void type(ByteCursor in, int expected, String meaning) {
        int type = in.u8();
        if (type != expected) {
            throw in.malformed("type " + expected + ", " + meaning, "type " + type);
        }
    }

    private static PatchId patchId(ByteCursor in) {
        return new PatchId(in.bytes(PatchId.BYTES).toArray(ValueLayout.JAVA_BYTE));
    }

    private static BuildId buildId(ByteCursor in) {
        long length = in.u32();
        return BuildId.read(in, length);
    }

    private static long count(ByteCursor in, int shortest) {
        long count = in.u32();
        if (count > in.remaining() / shortest) {
            throw in.malformed("a number of entries of at least " + shortest + " bytes that fit into "
                    + in.remaining(), Long.toString(count));
        }
        return count;
    }

    private static String string(ByteCursor in) {
        long length = in.u32();
        if (length == 0) {
            throw in.malformed("the length of a string with its NUL", "0");
        }
        String text = utf8(in, length - 1);
        int nul = in.u8();
        if (nul != 0) {
            throw in.malformed("the NUL at the end of a string", "0x" + Integer.toHexString(nul));
        }
        return text;
    }

    private static String utf8(ByteCursor in, long length) {
        byte[] bytes = in.bytes(length).toArray(ValueLayout.JAVA_BYTE);
        for (byte b : bytes) {
            if (b == 0) {
                throw in.malformed("a string of " + length + " bytes", "a NUL before its end");
            }
        }
        return RawText.decode(bytes);
    }

    private static boolean truth(ByteCursor in) {
        int value = in.u8();
        if (value > 1) {
            throw in.malformed("0 or 1", Integer.toString(value));
        }
        return value == 1;
    }

    private static void end(ByteCursor in) {
        if (in.hasRemaining()) {
            long rest = in.remaining();
            in.skip(rest);
            throw in.malformed("the end of the metadata", rest + " bytes more");
        }
    }

    /** Appends little-endian values; begins with what both kinds of metadata begin with. */
    private static final class Writer {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Writer(int type, Metadata metadata) {
            u8(type);
            bytes(metadata.id().bytes());
            byte[] build = metadata.targetBuild().bytes();
            u32(build.length);
            bytes(build);
        }

        void u8(int value) {
            out.write(value);
        }

        void u32(int value) {
            bytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
        }

        void u64(long value) {
            bytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
        }

        void string(String text) {
            byte[] bytes = RawText.encode(text);
            u32(bytes.length + 1);
            bytes(bytes);
            u8(0);
        }

        void bytes(byte[] bytes) {
            out.writeBytes(bytes);
        }

        byte[] toByteArray() {
            return out.toByteArray();
        }
    }
}
