package dev.pulpo.x86;

/** Where control continues after an instruction. */
public enum Flow {
    /** To the next instruction, and nowhere else. */
    SEQUENTIAL(0),
    /** {@code call rel32}: to the target, and back to the next instruction. */
    CALL(1),
    /** {@code jmp rel8} or {@code rel32}: to the target. */
    JUMP(2),
    /** {@code jcc rel8} or {@code rel32}: to the target or on. Also {@code xbegin}, whose target handles an abort. */
    CONDITIONAL(3),
    /** {@code loop}, {@code loope}, {@code loopne}, {@code jrcxz}: to the target or on; there is no long form. */
    LOOP(4),
    /** A call through a register or memory. */
    INDIRECT_CALL(5),
    /** A jump through a register or memory. */
    INDIRECT_JUMP(6),
    /** {@code ret}, {@code iret}, {@code sysret} and their kind: to an address from the stack or a register. */
    RETURN(7),
    /** {@code int}, {@code syscall}, {@code sysenter}: to the kernel, and in general back to the next instruction. */
    INTERRUPT(8),
    /** {@code ud0}, {@code ud1}, {@code ud2}, {@code hlt}: a program does not continue after it. */
    HALT(9);

    private static final Flow[] VALUES = values();

    private final int number;
    private final boolean direct;

    Flow(int number) {
        this.number = number;
        this.direct = number >= 1 && number <= 4;
    }

    static Flow of(int number) {
        return VALUES[number];
    }

    /** The number in an {@link Encoding}. */
    int number() {
        return number;
    }

    /** Whether the instruction contains the distance to its target. */
    public boolean isDirect() {
        return direct;
    }

    /** Whether the next instruction may be executed after this one (for calls: after they return). */
    public boolean fallsThrough() {
        return switch (this) {
            case SEQUENTIAL, CALL, CONDITIONAL, LOOP, INDIRECT_CALL, INTERRUPT -> true;
            case JUMP, INDIRECT_JUMP, RETURN, HALT -> false;
        };
    }
}
