package dev.pulpo.examples.cli;

import dev.pulpo.elf.RawText;
import dev.pulpo.engine.LiveProbe;
import dev.pulpo.engine.TracedCall;
import dev.pulpo.engine.TracedCalls;
import dev.pulpo.engine.ValueKind;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Calls, a line each, as they are recorded; in JSON an object each, in a line of its own. */
final class TraceReport implements ProbeReport {
    private final Command command;
    private final LiveProbe probe;
    private long seen;
    private long lost;
    private long begun;

    TraceReport(Command command, LiveProbe probe) {
        this.command = command;
        this.probe = probe;
    }

    @Override
    public void look(boolean tell) {
        TracedCalls calls = probe.calls();
        if (!calls.calls().isEmpty()) {
            seen += calls.calls().size();
            for (TracedCall call : calls.calls()) {
                command.print(text(call), json(call));
            }
        }
        if (calls.lost() > 0) {
            command.say("(" + ProbeReport.calls(calls.lost()) + " lost)");
        }
        lost += calls.lost();
        begun = calls.begun();
    }

    private String text(TracedCall call) {
        return probe.probe().function()
                + call.arguments().stream().map(TraceReport::text).collect(Collectors.joining(", ", "(", ")"))
                + call.result().map(result -> " = " + text(result)).orElse("")
                + call.lasted().map(time -> "  " + ProbeReport.time(time)).orElse("") + "  [" + call.tid() + "]";
    }

    private static String text(TracedCall.Value value) {
        return value.text().map(text -> '"' + RawText.decode(text.bytes().toArray()).replace("\\", "\\\\").replace("\"",
                "\\\"") + '"' + (text.isWhole() ? "" : "..."))
                .orElseGet(() -> value.kind() == ValueKind.STRING && value.bits() == 0 ? "NULL" : value.toString());
    }

    private Map<String, Object> json(TracedCall call) {
        Map<String, Object> all = Json.object("function", probe.probe().function(), "tid",
                call.tid(), "began", call.began().toString(), "arguments",
                call.arguments().stream().map(TraceReport::json).toList());
        call.result().ifPresent(result -> all.put("result", json(result)));
        call.lasted().ifPresent(time -> all.put("nanos", time.toNanos()));
        return all;
    }

    /** Numbers are texts, because programs take numbers of 64 bits for others. */
    private static Map<String, Object> json(TracedCall.Value value) {
        Map<String, Object> all = Json.object("kind", value.kind().toString(), "value", value.toString());
        if (!value.name().isEmpty()) {
            all.put("name", value.name());
        }
        value.text().ifPresent(text -> {
            all.put("text", RawText.decode(text.bytes().toArray()));
            all.put("whole", text.isWhole());
        });
        return all;
    }

    @Override
    public String text() {
        return List.of(probe.probe().function() + ": " + ProbeReport.calls(seen), lost == 0 ? "" : lost + " lost",
                ProbeReport.unfinished(begun - seen - lost)).stream()
                .filter(part -> !part.isEmpty()).collect(Collectors.joining("; "));
    }

    @Override
    public Map<String, Object> json() {
        return Json.object("begun", begun, "seen", seen, "lost", lost);
    }
}
