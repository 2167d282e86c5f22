package dev.pulpo.engine.container;

import java.util.List;

/**
 * A description of a patch ({@code .dsc}), as it is written down: names are not looked up yet.
 *
 * @param container    path of the shared object that gets the metadata
 * @param dependencies paths of patches that this one depends on
 * @param target       path of what is patched: an object, or JSON that was made of it
 * @param functions    what is replaced by what
 * @param references   which places receive addresses of the target's variables
 * @param comment      the comment lines without their marks, each with its line end
 */
public record Description(Word container, List<Word> dependencies, Word target, List<Functions> functions,
        List<Reference> references, String comment) {
    /**
     * A part of a line.
     *
     * @param line   its number, from 1
     * @param column of its first character, from 1
     */
    public record Word(String text, int line, int column) {
        @Override
        public String toString() {
            return text;
        }
    }

    /** {@code old:new}. */
    public record Functions(Word function, Word replacement) {}

    /**
     * {@code #variable:reference}, or {@code #%variable:reference} for a thread-local one.
     *
     * @param targetOffset of the variable; 0 where it is to be found by its name
     * @param patchOffset  of the reference; 0 where it is to be found by its name
     */
    public record Reference(Word variable, Word reference, long targetOffset, long patchOffset, boolean threadLocal) {}

    public Description {
        dependencies = List.copyOf(dependencies);
        functions = List.copyOf(functions);
        references = List.copyOf(references);
    }
}
