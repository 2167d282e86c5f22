package dev.pulpo.engine.update;

import dev.pulpo.elf.RawText;
import dev.pulpo.engine.InstalledPackage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * Asks dpkg and rpm which packages files belong to: one question for all files. The programs have fixed paths and an
 * environment without variables of others. Names that either would take for a pattern are not asked for.
 */
public final class PackageNames {
    private static final Path DPKG = Path.of("/usr/bin/dpkg-query");
    private static final Path RPM = Path.of("/usr/bin/rpm");
    private static final long SECONDS = 20;
    /** Arguments of a process are limited (execve(2)). */
    private static final int MOST = 500;

    private PackageNames() {}

    /** The packages of these files, by path; without those that no package has. */
    public static Map<String, InstalledPackage> of(Collection<String> paths) {
        List<String> plain = new TreeSet<>(paths).stream().filter(path -> path.matches("/[A-Za-z0-9/._+:@~,=-]+"))
                .limit(MOST).toList();
        Map<String, InstalledPackage> found = new HashMap<>();
        if (!plain.isEmpty() && Files.isExecutable(DPKG)) {
            found.putAll(ofDpkg(plain));
        }
        List<String> left = plain.stream().filter(path -> !found.containsKey(path)).toList();
        if (!left.isEmpty() && Files.isExecutable(RPM)) {
            List<String> command = new ArrayList<>(
                    List.of(RPM.toString(), "-qf", "--qf", "%{NAME}\t%{VERSION}-%{RELEASE}\n"));
            command.addAll(left);
            found.putAll(rpmAnswer(left, run(command)));
        }
        return found;
    }

    private static Map<String, InstalledPackage> ofDpkg(List<String> paths) {
        List<String> search = new ArrayList<>(List.of(DPKG.toString(), "--search"));
        search.addAll(paths);
        // Packages that are older than the merge of /lib into /usr/lib have the old names.
        paths.stream().filter(path -> path.startsWith("/usr/")).forEach(path -> search.add(path.substring(4)));
        Map<String, String> owners = owners(run(search));
        Map<String, String> known = new HashMap<>();
        paths.forEach(path -> {
            String owner = owners.getOrDefault(path,
                    path.startsWith("/usr/") ? owners.getOrDefault(path.substring(4), "") : "");
            if (!owner.isEmpty()) {
                known.put(path, owner);
            }
        });
        if (known.isEmpty()) {
            return Map.of();
        }
        List<String> show = new ArrayList<>(
                List.of(DPKG.toString(), "--show", "--showformat", "${binary:Package}\t${Version}\n"));
        show.addAll(new TreeSet<>(known.values()));
        Map<String, String> versions = new HashMap<>();
        run(show).lines().map(line -> line.split("\t", -1)).filter(words -> words.length == 2)
                .forEach(words -> versions.put(withoutArchitecture(words[0]), words[1]));
        Map<String, InstalledPackage> found = new HashMap<>();
        known.forEach((path, owner) -> found.put(path, new InstalledPackage(owner,
                versions.getOrDefault(withoutArchitecture(owner), ""))));
        return found;
    }

    private static String withoutArchitecture(String name) {
        return name.replaceFirst(":.*", "");
    }

    /** Lines of dpkg-query(1), {@code --search}: {@code package:architecture: /path}, and several packages with commas. */
    static Map<String, String> owners(String answer) {
        Map<String, String> owners = new LinkedHashMap<>();
        answer.lines().filter(line -> !line.startsWith("diversion ")).forEach(line -> {
            int end = line.indexOf(": /");
            if (end > 0) {
                owners.putIfAbsent(line.substring(end + 2), line.substring(0, end).split(",", -1)[0].strip());
            }
        });
        return owners;
    }

    /** Lines of rpm(8), one for each path; a message is a line without a tab. Not used where they do not correspond. */
    static Map<String, InstalledPackage> rpmAnswer(List<String> paths, String answer) {
        List<String> lines = answer.lines().toList();
        Map<String, InstalledPackage> found = new HashMap<>();
        for (int i = 0; i < paths.size() && lines.size() == paths.size(); i++) {
            String[] words = lines.get(i).split("\t", -1);
            if (words.length == 2) {
                found.put(paths.get(i), new InstalledPackage(words[0], words[1]));
            }
        }
        return found;
    }

    /** What a command prints; nothing where it cannot be run, or takes too long. */
    private static String run(List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD)
                .directory(Path.of("/").toFile());
        builder.environment().clear();
        builder.environment().putAll(Map.of("PATH", "/usr/bin:/bin", "LC_ALL", "C"));
        try {
            Process process = builder.start();
            process.getOutputStream().close();
            // It ends when its time is over, so that reading ends, too.
            Thread clock = Thread.ofVirtual().start(() -> endLate(process));
            try (InputStream output = process.getInputStream()) {
                return RawText.decodeLines(output.readAllBytes());
            } finally {
                clock.interrupt();
            }
        } catch (IOException unknown) {
            return "";
        }
    }

    private static void endLate(Process process) {
        try {
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException answered) {
            process.destroy();
        }
    }
}
