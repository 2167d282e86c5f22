package dev.pulpo.engine;

/** What the tool does in an operation. Phases may lie in others. */
public enum Phase {
    /** Reads the process and the patches, and plans. */
    PLAN("plan"),
    /** Waits until other tools are done with the process. */
    WAIT("wait for other tools"),
    /** Takes the lock, recovers what another tool has left, and plans again. */
    CHECK("plan again"),
    /** Loads the stub into the process. */
    INJECT("load the stub"),
    /** Loads a patch into the process, without effect. */
    LOAD("load the patch"),
    /** Waits until this JVM is ready for its first stop. */
    REHEARSAL("rehearse"),
    /** Stops the process until no thread blocks the change, and makes it. */
    COMMIT("commit"),
    /** Looks for what could lead into reverted patches, and unloads them. */
    UNLOAD("unload");

    private final String words;

    Phase(String words) {
        this.words = words;
    }

    /** Its name for people. */
    public String words() {
        return words;
    }
}
