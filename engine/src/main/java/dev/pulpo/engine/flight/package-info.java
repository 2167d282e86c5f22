/**
 * Events for JDK Flight Recorder. Other packages write {@code event = Flight.isOn() ? new StopEvent() : null}: while nothing
 * records, no class of {@code jdk.jfr} but one is loaded, and a runtime may do without that module.
 *
 * <ul>
 * <li>{@link Flight}: whether something records;
 * <li>{@link ImageEvent}, {@link PlanEvent}, {@link BorrowEvent}, {@link StopEvent}, {@link CommitEvent}, {@link OutcomeEvent}:
 * one class for each event.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine.flight;

import org.jspecify.annotations.NullMarked;
