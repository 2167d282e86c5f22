package dev.pulpo.examples.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.pulpo.elf.JsonText;
import dev.pulpo.elf.RawText;
import dev.pulpo.elf.dwarf.EnumLayout;
import dev.pulpo.elf.dwarf.SourceLine;
import dev.pulpo.elf.dwarf.StructLayout;
import dev.pulpo.elf.dwarf.TypeLayout;
import dev.pulpo.elf.dwarf.TypedefLayout;
import dev.pulpo.elf.dwarf.Value;
import dev.pulpo.elf.dwarf.ValueLimits;
import dev.pulpo.engine.AppliedPatch;
import dev.pulpo.engine.BuildDiff;
import dev.pulpo.engine.CodeLine;
import dev.pulpo.engine.CodePlace;
import dev.pulpo.engine.Coverage;
import dev.pulpo.engine.Finding;
import dev.pulpo.engine.FunctionCode;
import dev.pulpo.engine.FunctionVersions;
import dev.pulpo.engine.HeldWord;
import dev.pulpo.engine.LeftoverPatch;
import dev.pulpo.engine.LiveValue;
import dev.pulpo.engine.LocalValue;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.PackReport;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.StackProfile;
import dev.pulpo.engine.ThreadStack;
import dev.pulpo.engine.TransactionReport;
import dev.pulpo.engine.Transition;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.terminal.RemedyOptions;
import dev.pulpo.examples.terminal.Terminal;
import dev.pulpo.x86.text.Syntax;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The output for programs: maps, lists, strings, numbers and Booleans as JSON. */
final class Json {
    private static final JsonFactory FACTORY = new JsonFactory();

    private Json() {}

    /** An object of alternating names and values. */
    static Map<String, Object> object(Object... namesAndValues) {
        Map<String, Object> object = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            object.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return object;
    }

    static Map<String, Object> of(Outcome outcome) {
        return object("outcome", outcome.kind().words(), "pid", outcome.pid(), "patch", outcome.patch().hex(),
                "functions", outcome.functions(), "threads", outcome.threads(), "stopMicros", micros(outcome.stop()),
                "pauseMicros", micros(outcome.pause()), "longestThreadStopMicros", micros(outcome.longest()),
                "borrowedMicros", micros(outcome.borrowed()),
                "totalMicros", micros(outcome.total()), "attempts", outcome.attempts(), "releasedAsTooLong",
                outcome.released(), "scheduling", outcome.scheduling(), "injected", outcome.injected(),
                "unloaded", outcome.unloaded(), "reverted", outcome.reverted().stream().map(PatchId::hex).toList(),
                "held", outcome.held().stream().map(Json::of).toList());
    }

    private static Map<String, Object> of(HeldWord held) {
        return object("patch", held.patch().hex(), "place", held.place(), "address",
                held.address().isNull() ? "" : held.address().toString(), "value",
                held.value().isNull() ? "" : held.value().toString());
    }

    /** The result of a process in a transaction. */
    static Map<String, Object> of(TransactionReport.Result result) {
        return switch (result) {
            case TransactionReport.Result.InForce in -> object("pid", in.pid(), "result", "in force", "patches",
                    in.outcomes().stream().map(Json::of).toList());
            case TransactionReport.Result.Reverted reverted -> {
                Map<String, Object> object = of(reverted.outcome());
                object.put("result", "reverted");
                yield object;
            }
            case TransactionReport.Result.PutBack back -> object("pid", back.pid(), "result", "put back");
            case TransactionReport.Result.Untouched untouched ->
                object("pid", untouched.pid(), "result", "untouched");
            case TransactionReport.Result.Failed failed -> because(failed.pid(), "failed", failed.why());
            case TransactionReport.Result.TakenBack back -> object("pid", back.pid(), "result", "taken back",
                    "unloaded", back.unloaded());
            case TransactionReport.Result.LeftBehind left -> because(left.pid(), "left behind", left.why());
            case TransactionReport.Result.Gone gone -> because(gone.pid(), "gone", gone.why());
        };
    }

    private static Map<String, Object> because(int pid, String result, RuntimeException why) {
        return object("pid", pid, "result", result, "failure", Failures.describe(why, ExitStatus.of(why)));
    }

    static Map<String, Object> of(PatchPlan plan, List<Coverage> coverage) {
        return object("outcome", plan.isApplicable() ? "applicable" : plan.isInForce() ? "in force already" : "refused",
                "pid", plan.pid(), "patch",
                plan.id().hex(), "file", RawText.of(plan.patch().file()), "target", plan.target(), "buildId",
                plan.buildId(), "functions",
                plan.functions().stream()
                        .map(function -> object("function", function.function(), "entry", function.entry().toString(),
                                "size", function.size(), "replacement", function.replacement(), "site",
                                function.site().toString(), "expected", function.expected().toString()))
                        .toList(),
                "unresolved",
                plan.unresolved().stream().map(function -> object("function", function.function(), "resolver",
                        function.resolver().toString())).toList(),
                "references", plan.references().stream().map(Object::toString).toList(), "leaving",
                plan.leaving().stream().map(PatchId::hex).toList(),
                "coverage", coverage.stream().map(Json::of).toList(), "refusals",
                plan.refusals().stream().map(Failures::describe).toList());
    }

    private static Map<String, Object> of(Coverage coverage) {
        return object("function", coverage.function(), "entered", coverage.entered(), "inlined",
                coverage.inlined().stream().map(copy -> with(object("into", copy.into()), Optional.of(copy.place())))
                        .toList(),
                "clones", coverage.clones(), "tailCallers", coverage.tailCallers(), "elsewhere", coverage.elsewhere(),
                "described", coverage.described());
    }

    static Map<String, Object> of(AppliedPatch patch) {
        return object("patch", patch.id().hex(), "file", patch.file(), "target", patch.target(), "appliedAt",
                patch.appliedAt().toString(), "comment", patch.comment(), "status", lower(patch.status()), "functions",
                patch.functions().stream()
                        .map(function -> object("function", function.name(), "standing", lower(function.standing())))
                        .toList());
    }

    static Map<String, Object> of(LeftoverPatch patch) {
        return object("patch", patch.id().hex(), "file", patch.file(), "target", patch.target(), "appliedAt",
                patch.appliedAt().toString(), "retention", lower(patch.retention()), "held",
                patch.held().stream().map(Json::of).toList());
    }

    static Map<String, Object> of(Transition transition) {
        return object("patch", transition.patch().hex(), "direction", lower(transition.direction()), "behind",
                transition.behind().stream().map(Failures::describe).toList());
    }

    static Map<String, Object> of(ThreadStack stack) {
        return object("tid", stack.tid(), "name", stack.name(), "complete", stack.isComplete(), "incomplete",
                stack.incomplete(), "stoppedMicros", micros(stack.stopped()), "frames",
                stack.frames().stream()
                        .map(frame -> with(object("address", frame.address().toString(), "object", frame.object(),
                                "function", frame.function(), "inlined", frame.inlined(), "locals",
                                frame.locals().stream().map(Json::of).toList()), frame.place()))
                        .toList());
    }

    static Map<String, Object> of(StackProfile profile) {
        return object("pid", profile.pid(), "name", profile.name(), "samples", profile.samples(), "late",
                profile.late(), "tookMicros", micros(profile.took()), "omitted", profile.omitted(), "stacks",
                profile.stacks().stream().map(stack -> object("thread", stack.thread(), "running", stack.running(),
                        "count", stack.count(), "frames",
                        stack.frames().stream().map(frame -> object("function", frame.function(), "object",
                                frame.object(), "inlined", frame.inlined())).toList()))
                        .toList(),
                "threads",
                profile.cost().stream().map(cost -> object("tid", cost.tid(), "name", cost.name(), "stops",
                        cost.stops(), "longestPauseMicros", micros(cost.longest()), "pausedMicros",
                        micros(cost.total()))).toList());
    }

    private static Map<String, Object> of(LocalValue local) {
        return object("name", local.name(), "type", local.type(), "parameter", local.parameter(), "value",
                of(local.value()));
    }

    static Map<String, Object> of(LiveValue value, ValueLimits limits) {
        return object("expression", value.path(), "type", value.type().name(), "address",
                value.address().map(Object::toString).orElse(""), "value", of(value.read(limits)));
    }

    /** A value of JSON, or else an object that describes the value. */
    private static Object of(Value value) {
        return switch (value) {
            case Value.Whole whole -> whole.number();
            case Value.Truth truth -> truth.truth();
            case Value.Letter letter -> letter.code();
            case Value.Floating floating ->
                Double.isFinite(floating.number()) ? new BigDecimal(floating.text()) : floating.text();
            case Value.Constant constant -> object("name", constant.name(), "number", constant.number());
            case Value.Pointer pointer -> object("address", address(pointer.address()));
            case Value.Reference reference -> object("address", address(reference.address()));
            case Value.Text text -> object("address", address(text.address()), "text",
                    text(text.characters()), "whole", text.whole());
            case Value.Characters characters -> object("text",
                    text(characters.characters()), "length",
                    characters.length());
            case Value.Array array -> object("elements", array.elements().stream().map(Json::of).toList(), "length",
                    array.length());
            case Value.Structure structure -> object("fields", structure.fields().stream()
                    .map(field -> object("name", field.name(), "value", of(field.value()))).toList());
            case Value.OptimisedOut nowhere -> object("unavailable", "optimised out");
            case Value.Unknown unknown -> object("unavailable", unknown.reason());
        };
    }

    private static String text(ByteBuffer characters) {
        byte[] bytes = new byte[characters.limit()];
        characters.get(0, bytes);
        return RawText.decode(bytes);
    }

    private static String address(long value) {
        return "0x" + Long.toHexString(value);
    }

    static Map<String, Object> of(CodePlace place) {
        return object("address", place.address().toString(), "mapping", place.mapping(), "permissions",
                place.permissions(), "link", place.link().map(Object::toString).orElse(""), "symbol", place.symbol(),
                "offset", place.offset(), "frames",
                place.frames().stream().map(frame -> with(
                        object("function", frame.function(), "inlined", frame.inlined()), frame.place())).toList());
    }

    static Map<String, Object> of(FunctionCode function, Syntax syntax) {
        return object("function", function.name(), "object", function.object(), "entry", function.entry().toString(),
                "patch", function.change().map(by -> by.patch().hex()).orElse(""), "file",
                function.change().map(FunctionCode.Change::file).orElse(""), "replacement",
                function.change().map(FunctionCode.Change::replacement).orElse(""), "replacementEntry",
                function.change().map(by -> by.entry().toString()).orElse(""), "instructions",
                function.lines().stream().map(line -> of(line, syntax)).toList(), "before",
                function.before().stream().map(line -> of(line, syntax)).toList());
    }

    private static Map<String, Object> of(CodeLine line, Syntax syntax) {
        return with(object("address", line.instruction().address().toString(), "bytes", line.instruction().hex(),
                "text", line.instruction().text(syntax), "branchedTo", line.branchedTo(), "leadsTo", line.leadsTo(),
                "target", line.instruction().target().or(line.instruction()::pointer).map(Object::toString).orElse("")),
                line.place());
    }

    static Map<String, Object> of(TypeLayout layout) {
        Map<String, Object> object = with(object("name", layout.name(), "size", layout.size()), layout.declaration());
        switch (layout) {
            case StructLayout struct -> object.put("members", struct.members().stream()
                    .map(member -> object("name", member.name(), "type", member.type(), "bitOffset",
                            member.bitOffset(), "bitSize", member.bitSize(), "bitField", member.bitField()))
                    .toList());
            case EnumLayout values -> object.put("values", values.values().stream()
                    .map(value -> object("name", value.name(), "number", value.number())).toList());
            case TypedefLayout alias -> object.put("type", alias.type());
        }
        return object;
    }

    static Map<String, Object> of(PackReport report, Path output) {
        return object("outcome", report.isPackable() ? "packed" : "refused", "patch", report.patch(), "target",
                report.target(), "container", report.isPackable() ? RawText.of(output) : "", "functions",
                report.functions().stream().map(Json::of).toList(), "references",
                report.references().stream().map(reference -> with(object("symbol", reference.symbol(), "place",
                        reference.place().toString(), "value", reference.value(), "threadLocal",
                        reference.threadLocal()), reference.declaration())).toList(),
                "findings", report.findings().stream().map(Json::of).toList(), "allowed",
                report.allowed().stream().map(Json::of).toList(), "unchecked", report.unchecked(), "notes",
                report.notes());
    }

    private static Map<String, Object> of(PackReport.Function function) {
        return with(object("function", function.name(), "address", function.address().toString()),
                function.declaration());
    }

    static Map<String, Object> of(BuildDiff.Added added) {
        return object("functions", added.functions().stream().map(Json::of).toList(), "callbacks", added.callbacks());
    }

    static Map<String, Object> of(BuildDiff diff) {
        return object("old", diff.old(), "new", diff.replacement(), "compared", diff.compared(), "functions",
                diff.functions().stream().map(Json::of).toList(), "variables",
                diff.variables().stream().map(Json::of).toList(), "lineNumbers",
                diff.lines().stream().map(Json::of).toList(), "uncompared", diff.uncompared());
    }

    private static Map<String, Object> of(BuildDiff.Difference difference) {
        return with(object("kind", lower(difference.kind()), "name", difference.name()), difference.declaration());
    }

    static Map<String, Object> of(FunctionVersions versions) {
        return object("old", versions.old(), "new", versions.replacement(), "rows",
                versions.rows().stream().map(row -> {
                    Map<String, Object> object = object("same", row.same());
                    row.old().ifPresent(found -> object.put("old", of(found)));
                    row.replacement().ifPresent(found -> object.put("new", of(found)));
                    return object;
                }).toList());
    }

    private static Map<String, Object> of(FunctionVersions.Instruction instruction) {
        return with(object("address", instruction.address().toString(), "bytes", instruction.bytes(), "uses",
                instruction.uses()), instruction.line());
    }

    static Map<String, Object> of(Finding finding) {
        return object("check", finding.check().word(), "message", finding.message(RemedyOptions.WORDING), "overridable",
                finding.check().isOverridable(), "places",
                finding.places().stream().map(place -> with(object(), Optional.of(place))).toList());
    }

    private static Map<String, Object> with(Map<String, Object> object, Optional<SourceLine> place) {
        place.ifPresent(line -> {
            object.put("file", line.file());
            object.put("line", line.line());
        });
        return object;
    }

    static String write(Object value) {
        StringWriter text = new StringWriter();
        try (JsonGenerator generator = FACTORY.createGenerator(text)) {
            write(generator, value);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return JsonText.escaped(text.toString(), !Terminal.isUnicode());
    }

    private static void write(JsonGenerator generator, Object value) throws IOException {
        switch (value) {
            case Map<?, ?> object -> {
                generator.writeStartObject();
                for (Map.Entry<?, ?> entry : object.entrySet()) {
                    generator.writeFieldName(String.valueOf(entry.getKey()));
                    write(generator, entry.getValue());
                }
                generator.writeEndObject();
            }
            case List<?> array -> {
                generator.writeStartArray();
                for (Object element : array) {
                    write(generator, element);
                }
                generator.writeEndArray();
            }
            case Boolean truth -> generator.writeBoolean(truth);
            case Integer number -> generator.writeNumber(number);
            case Long number -> generator.writeNumber(number);
            case BigInteger number -> generator.writeNumber(number);
            case BigDecimal number -> generator.writeNumber(number);
            default -> generator.writeString(value.toString());
        }
    }

    private static long micros(Duration duration) {
        return duration.toNanos() / 1000;
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
