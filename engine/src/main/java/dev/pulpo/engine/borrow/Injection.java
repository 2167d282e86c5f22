package dev.pulpo.engine.borrow;

import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.RawText;
import dev.pulpo.elf.Segment;
import dev.pulpo.engine.BorrowedCallException;
import dev.pulpo.engine.ByteString;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.stack.StackCheck;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SignalFrame;
import dev.pulpo.ffm.SignalInfo;
import dev.pulpo.ffm.Signals;
import dev.pulpo.ffm.SystemCalls;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.ffm.WaitStatus;
import dev.pulpo.stub.Stub;
import dev.pulpo.x86.SystemCallCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Loads the stub into a process without one. At first there is only libc, with a {@code syscall; ret} and its signal
 * restorer. A borrowed thread is sent to the first, with the second as its return address and a signal frame above: if the
 * tool dies, the thread makes its system call, returns into the restorer and is back where it was. One such call maps memory
 * for a copy of the stub's {@code pulpo_inject}, and for a stack. That code does the rest by itself, so that the thread stops
 * once, not for each call. If the loader cannot open the file by its name, its content is brought in with a copy of the stub's
 * {@code pulpo_call}, by ordinary borrowed calls. Afterwards the memory is unmapped. For the tracer thread.
 */
public final class Injection {
    private static final long CODE_BYTES = 8192;
    private static final long STACK_BYTES = 128 * 1024;
    private static final long MAPPING_BYTES = CODE_BYTES + STACK_BYTES;
    /** {@code PATH_MAX} (linux/limits.h): the kernel opens no longer names. */
    private static final int PATH_MAX = 4096;
    /* The places in pulpo_inject's request and answer, in pulpo_call.S. */
    private static final int REQUEST_PATH = 64;
    private static final int ANSWER_HANDLE = 0;
    private static final int ANSWER_ERROR = 24;
    private static final int RTLD_NOW = 2;
    private static final long RTLD_DEFAULT = 0;

    /** What was found in files that other processes map, too: a search takes longer than all the rest. */
    private static final Map<ElfFile, Map<ByteString, Optional<LinkAddress>>> FOUND = Collections
            .synchronizedMap(new WeakHashMap<>());

    private final ProcessImage image;
    private final ThreadLoan loan;
    private final TraceeMemory memory;
    private final long deadline;
    private final Places places;

    /**
     * What an injection needs to know of a process. Found before a thread is borrowed, because searching takes long.
     *
     * @param gadget   {@code syscall; ret}
     * @param restorer the code that a signal handler returns to
     * @param landing  code of the stub
     */
    public record Places(RemoteAddress gadget, RemoteAddress restorer, Landing landing) {
        /**
         * Finds them.
         *
         * @throws RefusedException where the process has not all of them
         */
        public static Places of(ProcessImage image) {
            return new Places(find(image, SystemCallCode.callAndReturn(), "syscall; ret"),
                    find(image, SystemCallCode.wide(SystemCalls.RT_SIGRETURN), "a signal restorer"), Landing.ofStub());
        }
    }

    /**
     * The code of the stub that is copied: from {@code pulpo_call} to the end of {@code pulpo_inject}.
     *
     * @param announced offset of the announcement of {@code pulpo_call}
     * @param inject    offset of {@code pulpo_inject}
     * @param injected  offset of its announcement
     */
    @SuppressWarnings("ArrayRecordComponent") // made once and never compared
    record Landing(byte[] code, long announced, long inject, long injected) {
        private static final Landing OF_STUB = read();

        static Landing ofStub() {
            return OF_STUB;
        }

        private static Landing read() {
            ElfFile elf = ElfFile.of(ByteSource.of(Stub.bytes()), Stub.NAME);
            ElfSymbol call = symbol(elf, "pulpo_call");
            ElfSymbol inject = symbol(elf, "pulpo_inject");
            long size = inject.value() - call.value() + inject.size();
            byte[] code = elf.at(call.address(), size).bytes(size).toArray(ValueLayout.JAVA_BYTE);
            return new Landing(code, symbol(elf, "pulpo_announced").value() - call.value(),
                    inject.value() - call.value(), symbol(elf, "pulpo_injected").value() - call.value());
        }

        private static ElfSymbol symbol(ElfFile elf, String name) {
            return elf.symbols().find(name).orElseThrow(() -> new IllegalStateException(
                    Stub.NAME + " was built without the symbol " + name));
        }
    }

    /**
     * @param places   in the process
     * @param loan     of a thread whose stack has space for a signal frame
     * @param deadline on the scale of {@link System#nanoTime}
     */
    public Injection(Places places, ProcessImage image, ThreadLoan loan, TraceeMemory memory, long deadline) {
        this.places = places;
        this.image = image;
        this.loan = loan;
        this.memory = memory;
        this.deadline = deadline;
    }

    /** The object that exports {@code dlopen}. */
    public static LoadedObject libc(ProcessImage image) {
        return image.exporting("dlopen").orElseThrow(() -> new RefusedException(image.pid(),
                new Refusal.NoDynamicLoader(image.executable())));
    }

    /**
     * Loads the stub.
     *
     * @param file the stub
     * @throws RefusedException where the target's loader refuses it
     */
    public void load(NamedFile file) {
        RemoteAddress code = new RemoteAddress(Errno.check("mmap(" + MAPPING_BYTES + ") in process " + image.pid(),
                systemCall(SystemCalls.MMAP, 0, MAPPING_BYTES, SystemCalls.PROT_READ | SystemCalls.PROT_EXEC,
                        SystemCalls.MAP_PRIVATE | SystemCalls.MAP_ANONYMOUS, -1, 0)));
        try {
            memory.write(code, places.landing.code);
            byte[] path = RawText.encode(RawText.of(file.name()) + "\0");
            if (path.length > PATH_MAX || !file.isUsableOn(loan)) {
                loadContent(code, file.file());
                return;
            }
            Optional<String> error = open(code, path);
            if (error.filter(StubCalls::isUnopened).isPresent()) {
                loadContent(code, file.file());
            } else if (error.isPresent()) {
                throw refused(RawText.of(file.name()), error.get());
            }
        } finally {
            if (loan.isUsable()) {
                systemCall(SystemCalls.MUNMAP, code.value(), MAPPING_BYTES);
            }
        }
    }

    /**
     * Opens a file by its name, in one run of {@code pulpo_inject} from the preparation of its stack to {@code dlopen}.
     *
     * @param path ends with a NUL
     * @return the loader's error message, if any
     */
    private Optional<String> open(RemoteAddress code, byte[] path) {
        RemoteAddress stack = code.plus(CODE_BYTES);
        RemoteAddress request = code.plus(places.landing.code.length + 15 & -16);
        ByteBuffer buffer = ByteBuffer.allocate(REQUEST_PATH + path.length).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(exported("dlopen").value()).putLong(exported("dlerror").value())
                .putLong(exported("dlsym").value()).putLong(errnoLocation().orElse(RemoteAddress.NULL).value())
                .putLong(places.gadget.value()).putLong(STACK_BYTES).putLong(code.value()).putLong(MAPPING_BYTES)
                .put(path);
        memory.write(request, buffer.array());
        SignalFrame.Image frame = ownFrame();
        memory.write(frame.address(), frame.bytes());
        loan.run(code.plus(places.landing.inject), code.plus(places.landing.injected), frame.address().value(),
                RemoteAddress.NULL, deadline, registers -> {
                    registers.rbx(request.value());
                    registers.r12(stack.value());
                });
        Errno.check("mprotect(" + STACK_BYTES + ") in process " + image.pid(), loan.readRegisters().rbx());
        return memory.readLong(stack.plus(ANSWER_HANDLE)) != 0
                ? Optional.empty()
                : Optional.of(StubCalls.readString(memory, stack.plus(ANSWER_ERROR)));
    }

    /** Loads from the content, with one call of the target after the other. */
    private void loadContent(RemoteAddress code, Path file) {
        RemoteAddress stack = code.plus(CODE_BYTES);
        Errno.check("mprotect(" + STACK_BYTES + ") in process " + image.pid(), systemCall(SystemCalls.MPROTECT,
                stack.value(), STACK_BYTES, SystemCalls.PROT_READ | SystemCalls.PROT_WRITE));
        CallSite site = new CallSite(code, code.plus(places.landing.announced), stack.plus(STACK_BYTES),
                STACK_BYTES - 64, stack, RemoteAddress.NULL);
        keepingErrno(site, () -> keepingDlError(site, () -> {
            try (FileDelivery delivery = FileDelivery.of(loan, ByteSource.of(Stub.bytes()), file,
                    new FileDelivery.Calls(site, this::systemCall))) {
                open(site, delivery.path()).ifPresent(error -> {
                    throw refused(delivery.path(), error);
                });
            }
        }));
    }

    private RefusedException refused(String path, String error) {
        return new RefusedException(image.pid(), new Refusal.LoaderRefused(path, error));
    }

    /** Returns the loader's error message, if any. */
    private Optional<String> open(CallSite site, String path) {
        byte[] name = RawText.encode(path + "\0");
        long handle = loan.call(site, exported("dlopen"), name, new long[]{0, RTLD_NOW}, deadline);
        if (handle != 0) {
            return Optional.empty();
        }
        long message = loan.call(site, exported("dlerror"), new byte[0], new long[0], deadline);
        return Optional.of(StubCalls.readString(memory, new RemoteAddress(message)));
    }

    /** The next message of {@code dlerror} is the thread's own, too; the stub's {@code give_back} tells how it is kept. */
    private void keepingDlError(CallSite site, Runnable call) {
        long pending = loan.call(site, exported("dlerror"), new byte[0], new long[0], deadline);
        String message = pending == 0 ? "" : StubCalls.readString(memory, new RemoteAddress(pending));
        try {
            call.run();
        } finally {
            if (!message.isEmpty() && loan.isUsable()) {
                RemoteAddress name = site.result().plus(Long.BYTES);
                memory.write(name, RawText.encode(message + "\0"));
                loan.call(site, exported("dlsym"), new byte[0], new long[]{RTLD_DEFAULT, name.value()}, deadline);
            }
        }
    }

    /** errno belongs to the interrupted code; {@code __errno_location} returns its address. */
    private void keepingErrno(CallSite site, Runnable call) {
        Optional<RemoteAddress> location = errnoLocation();
        if (location.isEmpty()) {
            call.run();
            return;
        }
        RemoteAddress errno = new RemoteAddress(loan.call(site, location.get(), new byte[0], new long[0], deadline));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment saved = arena.allocate(ValueLayout.JAVA_INT);
            memory.read(errno, saved);
            try {
                call.run();
            } finally {
                memory.write(errno, saved);
            }
        }
    }

    private RemoteAddress exported(String name) {
        return image.exporting(name).flatMap(object -> object.exported(name)).orElseThrow();
    }

    private Optional<RemoteAddress> errnoLocation() {
        return image.exporting("__errno_location").flatMap(object -> object.exported("__errno_location"));
    }

    /** The frame on the thread's own stack; its return address is the restorer's. */
    private SignalFrame.Image ownFrame() {
        return loan.frameBelow(loan.savedRegisters().rsp() - StackCheck.RED_ZONE, places.restorer.value());
    }

    /** Makes a system call on the thread's own stack, and stops the thread at its end. */
    private long systemCall(int number, long... arguments) {
        Registers saved = loan.savedRegisters();
        SignalFrame.Image frame = ownFrame();
        memory.write(frame.address(), frame.bytes());
        try (Arena arena = Arena.ofConfined()) {
            Registers registers = new Registers(arena);
            registers.set(saved);
            registers.rip(places.gadget.value());
            registers.rsp(frame.address().value());
            registers.rax(number);
            registers.origRax(-1);
            long[] six = Arrays.copyOf(arguments, 6);
            registers.arguments(six[0], six[1], six[2], six[3], six[4], six[5]);
            loan.divert(registers, ~Signals.SYNCHRONOUS);
        }
        RemoteAddress afterCall = places.gadget.plus(SystemCalls.INSTRUCTION_LENGTH);
        awaitSyscallStop(afterCall, number);
        awaitSyscallStop(afterCall, number);
        return loan.readRegisters().rax();
    }

    /** Resumes until the entry or the exit of this system call; other stops are passed on. */
    private void awaitSyscallStop(RemoteAddress afterCall, int number) {
        int signal = 0;
        while (true) {
            loan.resumeToSyscall(signal);
            signal = 0;
            switch (loan.awaitStop(deadline)) {
                case WaitStatus.Exited exited -> throw loan.gone();
                case WaitStatus.Killed killed -> throw loan.gone();
                case WaitStatus.SyscallStop stop -> {
                    Registers registers = loan.readRegisters();
                    if (registers.rip() == afterCall.value() && registers.origRax() == number) {
                        return;
                    }
                }
                case WaitStatus.SignalStop stop -> {
                    SignalInfo info = loan.signalInfo();
                    if (info.code() > 0 && (Signals.bit(stop.signal()) & Signals.SYNCHRONOUS) != 0) {
                        throw new BorrowedCallException(image.pid(), loan.tid(),
                                "a system call of the injection was ended "
                                        + "by " + Signals.name(stop.signal()) + "; the thread was put back");
                    }
                    signal = stop.signal();
                }
                case WaitStatus.GroupStop stop -> {
                    // The borrowed thread continues although its process is stopped.
                }
                case WaitStatus.Interrupted stop -> {
                    // Left over from seizing the thread.
                }
                case WaitStatus.Event event -> {
                    // Neither call creates a process or a thread.
                }
            }
        }
    }

    /** Until glibc 2.33 dlopen was in a library of its own; the object with syscall(2) is the C library itself. */
    private static RemoteAddress find(ProcessImage image, byte[] pattern, String what) {
        LoadedObject libc = libc(image);
        return find(libc, pattern).or(() -> image.exporting("syscall").flatMap(object -> find(object, pattern)))
                .orElseThrow(() -> new RefusedException(image.pid(), new Refusal.CannotInject(
                        libc.fileName() + " holds no " + what)));
    }

    private static Optional<RemoteAddress> find(LoadedObject object, byte[] pattern) {
        return FOUND.computeIfAbsent(object.elf(), file -> new ConcurrentHashMap<>())
                .computeIfAbsent(ByteString.of(pattern), wanted -> search(object.elf(), pattern)).map(object::toRemote);
    }

    private static Optional<LinkAddress> search(ElfFile file, byte[] pattern) {
        for (Segment segment : file.segments()) {
            if (segment.isExecutable() && segment.fileSize() > 0) {
                byte[] code = file.at(segment.address(), segment.fileSize()).bytes(segment.fileSize())
                        .toArray(ValueLayout.JAVA_BYTE);
                for (int at = 0; at + pattern.length <= code.length; at++) {
                    if (code[at] == pattern[0]
                            && Arrays.equals(code, at, at + pattern.length, pattern, 0, pattern.length)) {
                        return Optional.of(segment.address().plus(at));
                    }
                }
            }
        }
        return Optional.empty();
    }
}
