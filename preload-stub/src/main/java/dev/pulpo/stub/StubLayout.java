package dev.pulpo.stub;

/**
 * Offsets, in bytes, within the stub's {@code struct pulpo_state}, {@code struct pulpo_load} and {@code struct pulpo_callback}. The C side is
 * {@code pulpo_state.h}, which draws and explains them, and asserts each under the same name. {@code pulpo_thread.c} does
 * so for the {@code struct pulpo_thread} of the other object.
 */
public final class StubLayout {
    /** The exported symbol of the state. */
    public static final String SYMBOL = "pulpo_state";

    /** The first eight bytes, as ASCII. */
    public static final String MAGIC = "PULPOSTB";

    /** The version of the layout that this class describes. */
    public static final int CURRENT_VERSION = 5;

    public static final int VERSION = 8;
    public static final int SIZE = 12;
    public static final int CALL = 16;
    public static final int ANNOUNCED = 24;
    public static final int LOAD = 32;
    public static final int UNLOAD = 40;
    public static final int SYSCALL = 48;
    public static final int STACK = 56;
    public static final int STACK_SIZE = 64;
    public static final int REGISTRY = 72;
    public static final int REGISTRY_SIZE = 80;
    public static final int REGISTRY_USED = 88;
    public static final int RING = 96;
    public static final int RING_SIZE = 104;
    public static final int RING_WRITTEN = 112;
    public static final int RESULT = 120;
    public static final int FLAGS = 128;
    public static final int BORROWER = 136;
    public static final int TLS_MODULE = 144;
    public static final int TLS_DESCRIPTOR = 152;
    public static final int RESOLVE = 160;
    public static final int CALLBACK = 168;
    public static final int DROP = 176;
    public static final int RUNTIME = 184;
    public static final int SHADOW_IDS = 192;
    public static final int STATE_BYTES = 200;

    /** Flag: the owner of the process does not want it to be patched. */
    public static final long DISABLED = 1;

    public static final int LOAD_PATH = 0;
    public static final int LOAD_HANDLE = 8;
    public static final int LOAD_MAP = 16;
    public static final int LOAD_ERROR = 24;
    public static final int LOAD_BYTES = 32;

    /** How far a callback is: bits of the progress in a patch's record, four for each callback. */
    public static final int BEGUN = 1;
    public static final int ENDED = 2;
    public static final int REFUSED = 4;
    public static final int CALLBACK_BITS = 4;

    public static final int CALLBACK_FUNCTION = 0;
    public static final int CALLBACK_PROGRESS = 8;
    public static final int CALLBACK_SHIFT = 16;
    public static final int CALLBACK_MAY_REFUSE = 24;
    public static final int CALLBACK_RESULT = 32;
    public static final int CALLBACK_MESSAGE = 40;
    public static final int CALLBACK_BYTES = 296;

    public static final int MOST_SHADOW_IDS = 256;
    public static final int SHADOW_ID_BYTES = 24;

    /** The exported symbol of the description of the thread word, in {@link Stub#THREAD_NAME}. */
    public static final String THREAD_SYMBOL = "pulpo_thread";

    /** Its first eight bytes, as ASCII. */
    public static final String THREAD_MAGIC = "PULPOTHR";

    /** The version of its layout that this class describes. */
    public static final int CURRENT_THREAD_VERSION = 1;

    public static final int THREAD_VERSION = 8;
    public static final int THREAD_SIZE = 12;
    public static final int THREAD_OFFSET = 16;
    public static final int THREAD_BYTES = 24;

    private StubLayout() {}
}
