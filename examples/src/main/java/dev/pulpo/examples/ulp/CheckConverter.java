package dev.pulpo.examples.ulp;

import dev.pulpo.engine.Check;
import picocli.CommandLine;

/** Reads the name of a check. */
public final class CheckConverter implements CommandLine.ITypeConverter<Check> {
    @Override
    public Check convert(String text) {
        try {
            return Check.parse(text);
        } catch (IllegalArgumentException e) {
            throw new CommandLine.TypeConversionException(e.getMessage());
        }
    }
}
