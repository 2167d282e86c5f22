package dev.pulpo.engine.programs;

import dev.pulpo.engine.LiveProcess;
import dev.pulpo.ffm.LaunchedProcess;
import dev.pulpo.ffm.Launcher;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/** Programs as the distribution ships them, each under a load that checks the answers. */
final class Programs {
    private static final String NGINX = "/usr/sbin/nginx";
    static final String REDIS = "/usr/bin/redis-server";
    private static final String SQLITE = "/usr/bin/sqlite3";
    static final String PYTHON = "/usr/bin/python3";

    private Programs() {}

    /** Those of them that are not installed, for people; empty where none is missing. */
    static String missing() {
        return String.join(" ", Stream.of(NGINX, REDIS, SQLITE, PYTHON, Generator.WRK, Generator.REDIS_BENCHMARK)
                .filter(program -> !Files.isExecutable(Path.of(program))).toList());
    }

    /** A program with a load whose answers are checked and, where there is one for such programs, a load generator. */
    private static final class Running implements Program {
        private final LaunchedProcess process;
        private final Load load;
        private final Optional<Generator> generator;
        private final Optional<Load> generating;

        Running(LaunchedProcess process, Load load) {
            this(process, load, Optional.empty());
        }

        Running(LaunchedProcess process, Load load, Optional<Generator> generator) {
            this.process = process;
            this.load = load;
            this.generator = generator;
            this.generating = generator.map(one -> new Load(1, () -> one::run));
        }

        @Override
        public int pid() {
            return process.pid();
        }

        @Override
        public long answers() {
            return load.answers();
        }

        @Override
        public long generated() {
            return generator.map(Generator::requests).orElse(0L);
        }

        @Override
        public String failures() {
            return load.failures() + generating.map(Load::failures).orElse("");
        }

        @Override
        public void close() {
            generating.ifPresent(Load::close);
            load.close();
            process.close();
        }
    }

    private static Launcher launcher(boolean preloaded, List<String> command) {
        return preloaded ? LiveProcess.launcher(command) : new Launcher(command);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static Socket connect(int port) throws IOException {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (true) {
            try {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
                socket.setSoTimeout(20_000);
                socket.setTcpNoDelay(true);
                return socket;
            } catch (IOException notYet) {
                if (System.nanoTime() - deadline > 0) {
                    throw notYet;
                }
                Thread.onSpinWait();
            }
        }
    }

    private static void check(String wanted, String found) {
        if (!wanted.equals(found)) {
            throw new AssertionError("wanted " + wanted + ", got " + found);
        }
    }

    /** nginx, which compresses a page anew for each request; wrk asks for it, too. */
    static Program nginx(Path directory, boolean preloaded) throws IOException {
        int port = freePort();
        StringBuilder page = new StringBuilder();
        for (int i = 0; i < 2000; i++) {
            page.append("line ").append(i * 7919 % 1000).append(" of a page\n");
        }
        Path root = Files.createDirectories(directory.resolve("www"));
        Files.writeString(root.resolve("page.txt"), page);
        Path config = directory.resolve("nginx.conf");
        Files.writeString(config, """
                daemon off; master_process off; pid %1$s/nginx.pid; error_log %1$s/error.log;
                events { worker_connections 64; }
                http {
                  access_log off; gzip on; gzip_types text/plain; gzip_min_length 1; types { text/plain txt; }
                  client_body_temp_path %1$s/body; proxy_temp_path %1$s/proxy; fastcgi_temp_path %1$s/fastcgi;
                  uwsgi_temp_path %1$s/uwsgi; scgi_temp_path %1$s/scgi; keepalive_requests 1000000;
                  server { listen 127.0.0.1:%2$d; root %1$s/www; aio threads; }
                }
                """.formatted(directory, port));
        LaunchedProcess process = launcher(preloaded, List.of(NGINX, "-p", directory.toString(), "-c",
                config.toString(), "-e", directory.resolve("error.log").toString())).start();
        String wanted = page.toString();
        connect(port).close();
        return new Running(process, new Load(2, () -> {
            Socket socket = connect(port);
            return () -> check(wanted, get(socket, "/page.txt"));
        }), Optional.of(Generator.wrk(directory, port, "/page.txt")));
    }

    /** One request of a kept connection; the answer is chunked and compressed. */
    private static String get(Socket socket, String path) throws IOException {
        socket.getOutputStream().write(("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        InputStream in = socket.getInputStream();
        check("HTTP/1.1 200 OK", line(in));
        boolean gzip = false;
        for (String header = line(in); !header.isEmpty(); header = line(in)) {
            gzip |= header.equals("Content-Encoding: gzip");
        }
        check("true", Boolean.toString(gzip));
        java.io.ByteArrayOutputStream body = new java.io.ByteArrayOutputStream();
        for (int size = Integer.parseInt(line(in), 16); size > 0; size = Integer.parseInt(line(in), 16)) {
            body.write(in.readNBytes(size));
            check("", line(in));
        }
        check("", line(in));
        return new String(new GZIPInputStream(new java.io.ByteArrayInputStream(body.toByteArray())).readAllBytes(),
                StandardCharsets.UTF_8);
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new IOException("the connection was closed");
            }
            if (b != '\r') {
                line.append((char) b);
            }
        }
        return line.toString();
    }

    /** redis-server, whose clients write, read back and count; redis-benchmark is another one. */
    static Program redis(Path directory, boolean preloaded) throws IOException {
        int port = freePort();
        LaunchedProcess process = launcher(preloaded, List.of(REDIS, "--port", Integer.toString(port), "--bind",
                "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", directory.toString(), "--logfile",
                directory.resolve("redis.log").toString())).start();
        connect(port).close();
        AtomicInteger clients = new AtomicInteger();
        return new Running(process, new Load(3, () -> {
            Socket socket = connect(port);
            int client = clients.incrementAndGet();
            int[] count = {0};
            return () -> {
                String key = "key:" + client + ":" + count[0] % 100;
                String value = "value " + count[0] + " " + "x".repeat(count[0] % 300);
                check("+OK", command(socket, "SET", key, value));
                check(value, command(socket, "GET", key));
                count[0]++;
                check(":" + count[0], command(socket, "INCR", "counter:" + client));
                check(":" + Math.min(count[0], 101), command(socket, "RPUSH", "list:" + client, value));
                check("+OK", command(socket, "LTRIM", "list:" + client, "-100", "-1"));
            };
        }), Optional.of(Generator.redisBenchmark(directory, port)));
    }

    private static String command(Socket socket, String... words) throws IOException {
        StringBuilder request = new StringBuilder("*" + words.length + "\r\n");
        for (String word : words) {
            request.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
        }
        socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.US_ASCII));
        InputStream in = socket.getInputStream();
        String first = line(in);
        if (!first.startsWith("$")) {
            return first;
        }
        String bulk = new String(in.readNBytes(Integer.parseInt(first.substring(1))), StandardCharsets.US_ASCII);
        check("", line(in));
        return bulk;
    }

    /** The shell of SQLite, which changes and sums up a table. */
    static Program sqlite(boolean preloaded) throws IOException {
        LaunchedProcess process = launcher(preloaded, List.of(SQLITE, "-batch", ":memory:")).start();
        OutputStream out = process.input().orElseThrow();
        BufferedReader in = new BufferedReader(
                new InputStreamReader(process.output().orElseThrow(), StandardCharsets.UTF_8));
        out.write("""
                create table t(a integer primary key, b text);
                with recursive n(i) as (select 1 union all select i + 1 from n where i < 500)
                insert into t select i, 'row ' || i from n;
                """.getBytes(StandardCharsets.UTF_8));
        int[] round = {0};
        return new Running(process, new Load(1, () -> () -> {
            int n = round[0]++;
            out.write(("update t set b = 'row ' || (a * " + n + ") where a % 50 = 0;\n"
                    + "select count(*), sum(a), max(length(b)), " + n
                    + " from t where b like 'row%' group by a > 0 order by 2;\n")
                    .getBytes(StandardCharsets.UTF_8));
            out.flush();
            String answer = in.readLine();
            String[] parts = answer == null ? new String[]{"the shell has ended"} : answer.split("\\|");
            check("500|125250|" + n, parts.length == 4 ? parts[0] + "|" + parts[1] + "|" + parts[3] : answer + "");
        }));
    }

    /** Python, which compresses, hashes and sorts, and checks all of it itself; a second thread waits. */
    static Program python(Path directory, boolean preloaded) throws IOException {
        Path script = directory.resolve("work.py");
        Files.writeString(script, """
                import hashlib, sys, threading, zlib
                threading.Thread(target=threading.Event().wait, daemon=True).start()
                text = b"".join(b"line %d\\n" % (i * 7919 % 1000) for i in range(500))
                digest = hashlib.sha256(text).hexdigest()
                for line in sys.stdin:
                    n = int(line)
                    packed = zlib.compress(text, n % 9 + 1)
                    numbers = {("k%d" % i): i * n for i in range(200)}
                    words = sorted(numbers, key=lambda k: -numbers[k])
                    good = (zlib.decompress(packed) == text and hashlib.sha256(text).hexdigest() == digest
                            and zlib.crc32(text) == zlib.crc32(zlib.decompress(packed))
                            and len(words) == 200 and sum(numbers.values()) == 19900 * n)
                    print(n, good, flush=True)
                """);
        LaunchedProcess process = launcher(preloaded, List.of(PYTHON, "-u", script.toString())).start();
        OutputStream out = process.input().orElseThrow();
        BufferedReader in = new BufferedReader(
                new InputStreamReader(process.output().orElseThrow(), StandardCharsets.UTF_8));
        int[] round = {0};
        return new Running(process, new Load(1, () -> () -> {
            int n = round[0]++;
            out.write((n + "\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
            check(n + " True", in.readLine() + "");
        }));
    }
}
