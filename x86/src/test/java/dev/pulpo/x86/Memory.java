package dev.pulpo.x86;

/** Bytes of a test that can be written to. */
final class Memory {
    private final CodeAddress start;
    private final byte[] bytes;

    Memory(CodeBytes initial) {
        start = initial.start();
        bytes = initial.toByteArray();
    }

    void write(CodeBytes change) {
        System.arraycopy(change.toByteArray(), 0, bytes, (int) change.start().minus(start), change.length());
    }

    CodeBytes bytes() {
        return CodeBytes.at(start, bytes);
    }
}
