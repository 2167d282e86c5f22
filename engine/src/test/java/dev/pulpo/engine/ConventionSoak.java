package dev.pulpo.engine;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Replaces the functions of random programs by equal ones that use all that the ABI lets them. What the programs print must
 * not change, unless the patch was refused. Arguments: how many programs, the first seed, and {@code --doubt}: patches that are
 * refused because of the calling convention are applied nevertheless, to see how many of them do harm.
 */
final class ConventionSoak {
    private static final int FUNCTIONS = 24;
    private static final int LONGEST_SECONDS = 30;
    private static final String[] LEVELS = {"-O1", "-O2", "-O3", "-Os", "-O0"};

    private final Path outside;
    private final List<String> compilers;
    private final boolean doubt;
    private final StringBuilder changes = new StringBuilder();
    private final TreeMap<String, Integer> reasons = new TreeMap<>();
    private int programs;
    private int replaced;
    private int refused;
    private int changed;
    private int harmful;
    private int harmless;

    /** Programs by these compilers; the library that all of them call goes into this directory. */
    ConventionSoak(Path directory, List<String> compilers, boolean doubt) throws Exception {
        this.outside = compile(directory, "gcc", "liboutside.so", ConventionProgram.outside(), "-O2", "-shared",
                "-fPIC");
        this.doubt = doubt;
        this.compilers = compilers;
    }

    public static void main(String[] arguments) throws Exception {
        int programs = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 100;
        long seed = arguments.length > 1 ? Long.parseLong(arguments[1]) : 1;
        boolean doubt = arguments.length > 2 && arguments[2].equals("--doubt");
        Path common = Files.createTempDirectory("pulpo-convention-");
        ConventionSoak soak = new ConventionSoak(common, List.of("gcc", "clang"), doubt);
        for (long i = seed; i < seed + programs; i++) {
            Path directory = Files.createTempDirectory("pulpo-convention-" + i + "-");
            if (soak.run(i, directory)) {
                delete(directory);
            }
            if ((i - seed) % 20 == 19) {
                System.out.println(soak);
            }
        }
        System.out.println(soak);
        if (soak.changed == 0) {
            delete(common);
        }
        System.exit(soak.changed == 0 ? 0 : 1);
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }

    int changed() {
        return changed;
    }

    int replaced() {
        return replaced;
    }

    int refused() {
        return refused;
    }

    /** One program, all of whose functions are replaced one after the other; whether nothing changed. */
    boolean run(long seed, Path directory) throws Exception {
        int before = changed;
        Random random = new Random(seed);
        ConventionProgram program = new ConventionProgram(seed, FUNCTIONS);
        String compiler = compilers.get(random.nextInt(compilers.size()));
        String level = LEVELS[random.nextInt(random.nextInt(4) == 0 ? LEVELS.length : 4)];
        boolean described = random.nextInt(4) != 0;
        List<String> options = new ArrayList<>(List.of(level, "-rdynamic", "-ffp-contract=off", outside.toString()));
        if (described) {
            options.add("-g");
        }
        if (random.nextInt(4) == 0) {
            options.add("-fomit-frame-pointer");
        } else if (random.nextInt(4) == 0) {
            options.add("-fno-omit-frame-pointer");
        }
        switch (random.nextInt(12)) {
            case 0 -> options.addAll(List.of("-flto", compiler.equals("clang") ? "-fuse-ld=lld" : "-flto=auto"));
            case 1 -> options.add("-fuse-ld=lld");
            case 2 -> options.add("-fuse-ld=mold");
            case 3 -> options.add("-fcf-protection=full");
            case 4 -> options.add("-fno-plt");
            case 5 -> options.addAll(List.of("-fno-pie", "-no-pie"));
            case 6 -> options.add("-ffunction-sections");
            default -> {
            }
        }
        Path target = compile(directory, compiler, "program", program.target(), options.toArray(String[]::new));
        Path patch = compile(directory, compilers.get(random.nextInt(compilers.size())), "patch.so", program.patch(),
                "-O2", "-g",
                "-shared", "-fPIC", "-ffp-contract=off");
        String what = directory + ": seed " + seed + ", " + compiler + " " + String.join(" ", options);
        List<String[]> pairs = pairs(target, program.names());
        RunningServer server = RunningServer.preloaded(target);
        LiveProcess process = LiveProcess.attach(server.pid());
        try {
            String right = server.ask("x");
            for (String[] pair : pairs) {
                LivePatch live = LivePatch.of(patch).target(target.getFileName().toString()).replace(pair[0], pair[1])
                        .allow(Check.INLINED).allow(Check.CLONED).allow(Check.DUPLICATED).allow(Check.LAYOUT);
                PatchPlan plan = process.plan(live);
                Optional<Refusal> refusal = plan.refusals().stream().findFirst();
                boolean whole;
                if (refusal.isEmpty()) {
                    replaced++;
                    String outcome = replace(server, process, plan, right);
                    whole = outcome.isEmpty();
                    if (!whole) {
                        changed++;
                        changes.append("CHANGED ").append(what).append(": ").append(pair[0]).append(": ")
                                .append(outcome)
                                .append('\n');
                    }
                } else {
                    count(refusal.get(), pair[0]);
                    if (!doubt || !(refusal.get() instanceof Refusal.Unsafe unsafe)
                            || unsafe.finding().check() != Check.CONVENTION) {
                        continue;
                    }
                    whole = replace(server, process, process.plan(live.allow(Check.CONVENTION)), right).isEmpty();
                    if (whole) {
                        harmless++;
                        changes.append("HARMLESS ").append(what).append(": ").append(unsafe.finding()).append('\n');
                    } else {
                        harmful++;
                    }
                }
                if (!whole) {
                    process.close();
                    server.close();
                    server = RunningServer.preloaded(target);
                    process = LiveProcess.attach(server.pid());
                }
            }
        } finally {
            process.close();
            server.close();
        }
        programs++;
        return changed == before;
    }

    /** The functions of the program, with the names that the compiler has given them, and what replaces them. */
    private static List<String[]> pairs(Path target, List<String> names) throws IOException {
        List<String[]> pairs = new ArrayList<>();
        try (ElfFile elf = ElfFile.open(target)) {
            elf.symbols().stream().filter(ElfSymbol::isDefined).filter(symbol -> symbol.type().isFunction())
                    .map(ElfSymbol::name).distinct().forEach(name -> {
                        String plain = name.replaceFirst("[.].*", "");
                        if (names.contains(plain) && !name.contains(".cold")) {
                            pairs.add(new String[]{name, "new_" + plain});
                        }
                    });
        }
        return pairs;
    }

    private void count(Refusal refusal, String function) {
        refused++;
        reasons.merge(refusal instanceof Refusal.Unsafe unsafe
                ? unsafe.finding().check().word() + (function.contains(".") ? " of clones" : "")
                : refusal.getClass().getSimpleName(), 1, Integer::sum);
    }

    /** What went wrong; empty if nothing did. */
    private static String replace(RunningServer server, LiveProcess process, PatchPlan plan, String right)
            throws IOException {
        try {
            Outcome outcome = process.apply(plan, Consistency.DEFAULT);
            String now;
            // A program whose values have changed may run for ever.
            CompletableFuture<Void> end = CompletableFuture.runAsync(
                    () -> ProcessHandle.of(server.pid()).ifPresent(ProcessHandle::destroyForcibly),
                    CompletableFuture.delayedExecutor(LONGEST_SECONDS, TimeUnit.SECONDS));
            try {
                now = server.ask("x");
            } catch (IllegalStateException died) {
                return String.valueOf(died.getMessage());
            } finally {
                end.cancel(false);
            }
            process.revert(outcome.patch());
            return now.equals(right) ? "" : "prints " + now + " instead of " + right;
        } catch (PulpoException failed) {
            return failed.toString();
        }
    }

    private static Path compile(Path directory, String compiler, String output, String source, String... options)
            throws Exception {
        Path text = Files.writeString(directory.resolve(output + ".c"), source);
        List<String> command = new ArrayList<>(List.of(compiler, "-w", "-Wl,--build-id=sha1", "-o",
                directory.resolve(output).toString(), text.toString()));
        command.addAll(List.of(options));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String log = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException(String.join(" ", command) + "\n" + log);
        }
        return directory.resolve(output);
    }

    @Override
    public String toString() {
        return programs + " programs, " + replaced + " functions replaced, " + refused + " refused " + reasons + ", "
                + changed + " changed"
                + (doubt ? "; of the refused, " + harmful + " would have, " + harmless + " not" : "") + "\n"
                + changes;
    }
}
