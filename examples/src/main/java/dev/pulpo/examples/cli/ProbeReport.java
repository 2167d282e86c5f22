package dev.pulpo.examples.cli;

import dev.pulpo.engine.LiveProbe;
import dev.pulpo.engine.Probe;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;

/** What a probe sees, as people and programs are told. */
interface ProbeReport {
    /** The report of a probe that has just come into force. */
    static ProbeReport of(Command command, LiveProbe probe) {
        return switch (probe.probe().action()) {
            case Probe.Action.Time time -> new TimeReport(command, probe);
            case Probe.Action.Trace trace -> new TraceReport(command, probe);
            case Probe.Action.Count count -> new CountReport(command, probe);
            case Probe.Action.Return answer -> new CountReport(command, probe);
            case Probe.Action.Fail failure -> new CountReport(command, probe);
            case Probe.Action.Nop nop -> new CountReport(command, probe);
            case Probe.Action.Redirect other -> new CountReport(command, probe);
            case Probe.Action.Delay delay -> new CountReport(command, probe);
        };
    }

    /**
     * Reads the probe.
     *
     * @param tell whether to print a line of what is new
     */
    void look(boolean tell);

    /** All that was seen, for people. */
    String text();

    /** The same for programs. */
    Map<String, Object> json();

    /** So many calls. */
    static String calls(long count) {
        return count + (count == 1 ? " call" : " calls");
    }

    /** So many calls that began and were not seen to return; empty for none. */
    static String unfinished(long count) {
        return count <= 0 ? "" : count + " more that are not over, or ended by an exception or a jump";
    }

    /** A time with two or three digits. */
    static String time(Duration time) {
        double value = time.toNanos();
        for (String unit : new String[]{"ns", "µs", "ms"}) {
            if (value < 1000) {
                return String.format(Locale.ROOT, value < 10 && !unit.equals("ns") ? "%.1f %s" : "%.0f %s", value,
                        unit);
            }
            value /= 1000;
        }
        return String.format(Locale.ROOT, "%.1f s", value);
    }
}
