package dev.pulpo.examples.cli;

import dev.pulpo.engine.ProcessFilter;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The processes that {@code -p} means: ids, names or wildcards. A name means one process, unless the user says {@code --all}. */
final class Selection {
    private static final Pattern PID = Pattern.compile("\\d{1,9}");
    /** So many processes are named where a name is not enough. */
    private static final int NAMED = 8;

    private Selection() {}

    /** Whether a process is named by its id. */
    static boolean isPid(String which) {
        return PID.matcher(which).matches();
    }

    /**
     * The ids, in the order in which they were named.
     *
     * @param all whether a name may mean several
     * @throws picocli.CommandLine.ParameterException if a name means several and may not
     * @throws Patches.NoSuchProcess                  if it means none
     */
    static Set<Integer> pids(Command command, Collection<String> named, boolean all) {
        if (all && named.stream().allMatch(Selection::isPid)) {
            throw command.usage("--all is for names of processes, and there is none");
        }
        Set<Integer> pids = new LinkedHashSet<>();
        for (String which : named) {
            pids.addAll(isPid(which) ? List.of(Integer.parseInt(which)) : matching(command, which, all));
        }
        return pids;
    }

    private static List<Integer> matching(Command command, String name, boolean all) {
        ProcessFilter filter = new ProcessFilter(Optional.of(name), Optional.empty());
        List<Integer> found = ProcessFilter.processes().stream().filter(filter::isNamed).toList();
        if (found.isEmpty()) {
            throw new Patches.NoSuchProcess("no process matches '" + name + "'");
        }
        if (found.size() > 1 && !all) {
            throw command.usage("'" + name + "' matches " + found.size() + " processes: "
                    + found.stream().limit(NAMED).map(pid -> pid + " (" + ProcessFilter.processName(pid) + ")")
                            .collect(Collectors.joining(", "))
                    + (found.size() > NAMED ? " and others" : "") + "; name one by its id"
                    + (command.takesAll() ? ", or say --all" : ""));
        }
        return found;
    }
}
