package dev.pulpo.examples.cli;

import dev.pulpo.engine.Consistency;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;

/** The options that say when the code may change. */
final class When {
    /** {@link Consistency.Level} as it is typed. */
    enum Level {
        NONE(Consistency.Level.NONE), FUNCTION(Consistency.Level.FUNCTION_QUIESCENT), LIBRARY(
                Consistency.Level.LIBRARY_QUIESCENT), THREAD(Consistency.Level.PER_THREAD);

        private final Consistency.Level level;

        Level(Consistency.Level level) {
            this.level = level;
        }

        @Override
        public String toString() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    @CommandLine.Option(names = "--consistency", paramLabel = "LEVEL", defaultValue = "function", description = "where no thread may be when the code changes: ${COMPLETION-CANDIDATES}; with 'thread' each thread changes when it is outside (default: ${DEFAULT-VALUE})")
    private Level level = Level.FUNCTION;

    @CommandLine.Option(names = "--timeout", paramLabel = "TIME", defaultValue = "5s", converter = DurationConverter.class, description = "how long to wait for threads, such as 200ms or 5s "
            + "(default: ${DEFAULT-VALUE})")
    private Duration timeout = Duration.ofSeconds(5);

    @CommandLine.Option(names = "--max-pause", paramLabel = "TIME", converter = PauseConverter.class, description = "the longest stop of the whole process, such as 500us; Pulpo releases a stop that would take longer, and tries again")
    private Optional<Duration> maxPause = Optional.empty();

    Consistency consistency() {
        return new Consistency(level.level, timeout, maxPause);
    }

    /** Reads a time that is not 0. */
    static final class PauseConverter implements CommandLine.ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            Duration duration = new DurationConverter().convert(text);
            if (duration.isZero()) {
                throw new CommandLine.TypeConversionException("the longest pause must be more than 0");
            }
            return duration;
        }
    }

    /** Reads {@code 500us}, {@code 200ms} and {@code 5s}. */
    static final class DurationConverter implements CommandLine.ITypeConverter<Duration> {
        private static final Pattern FORM = Pattern.compile("(\\d{1,9})(us|ms|s)");

        @Override
        public Duration convert(String text) {
            Matcher matcher = FORM.matcher(text);
            if (!matcher.matches()) {
                throw new CommandLine.TypeConversionException("'" + text + "' is not a time; write 500us, 200ms or 5s");
            }
            long number = Long.parseLong(matcher.group(1));
            return switch (matcher.group(2)) {
                case "us" -> Duration.ofNanos(number * 1000);
                case "ms" -> Duration.ofMillis(number);
                default -> Duration.ofSeconds(number);
            };
        }
    }
}
