package dev.pulpo.x86;

import java.util.ArrayList;
import java.util.List;

/** Branches of code that is being written to places that come later, or have come before. */
final class Labels {
    /** A place in the code, to which branches may lead that are written before it. */
    static final class Label {
        /** The four bytes of the branches, as offsets in the code. */
        private final List<Integer> fields = new ArrayList<>();
        private int at = -1;

        /** Whether a branch leads to it. */
        boolean isUsed() {
            return !fields.isEmpty();
        }
    }

    private final CodeAddress start;
    private final Assembler out;
    private final List<Label> labels = new ArrayList<>();

    /** @param start the address of the code */
    Labels(CodeAddress start, Assembler out) {
        this.start = start;
        this.out = out;
    }

    /** A place that is yet to come. */
    Label label() {
        Label label = new Label();
        labels.add(label);
        return label;
    }

    /** The place of the next byte. */
    Label here() {
        Label label = label();
        bind(label);
        return label;
    }

    /** The label is the place of the next byte. */
    void bind(Label label) {
        label.at = offset();
    }

    /** The offset of the next byte in the code. */
    int offset() {
        return (int) out.here().minus(start);
    }

    /** @param condition as in the opcode of {@code jcc} */
    void branchIf(int condition, Label label) {
        out.bytes(0x0f, 0x80 | condition);
        field(label);
    }

    void jump(Label label) {
        out.bytes(0xe9);
        field(label);
    }

    private void field(Label label) {
        label.fields.add(offset());
        out.int32(0);
    }

    /** The whole code, with the distances of all branches. */
    byte[] resolved() {
        byte[] bytes = out.code().toByteArray();
        for (Label label : labels) {
            for (int field : label.fields) {
                int distance = label.at - (field + 4);
                for (int i = 0; i < 4; i++) {
                    bytes[field + i] = (byte) (distance >> 8 * i);
                }
            }
        }
        return bytes;
    }
}
