/**
 * Borrows a thread of the target: it calls a function and continues as if nothing had happened.
 *
 * <ul>
 * <li>{@link ThreadBorrower}, {@link SeccompCheck}: <b>which thread is borrowed</b>, and which must not be;
 * <li>{@link ThreadLoan}, {@link CallSite}: the borrowed thread, its call, and its return;
 * <li>{@link StubCalls}: the functions of the stub;
 * <li>{@link NamedFile}: whether {@code dlopen} may be given the name of a file;
 * <li>{@link FileDelivery}: otherwise brings the content of a file to a place where {@code dlopen} finds it;
 * <li>{@link Injection}, {@link InjectionWarmup}: loads the stub into a process without one.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine.borrow;

import org.jspecify.annotations.NullMarked;
