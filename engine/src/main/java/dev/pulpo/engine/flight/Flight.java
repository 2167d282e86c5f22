package dev.pulpo.engine.flight;

import jdk.jfr.FlightRecorder;

/** Whether JDK Flight Recorder may record. */
public final class Flight {
    /** A runtime image may lack the module, and an application may not have resolved it. */
    private static final boolean PRESENT = ModuleLayer.boot().findModule("jdk.jfr")
            .filter(Flight.class.getModule()::canRead).isPresent();

    private Flight() {}

    /** Whether a recording has been started in this JVM. Takes 0.2 ms the first time. */
    public static boolean isOn() {
        return PRESENT && FlightRecorder.isInitialized();
    }
}
