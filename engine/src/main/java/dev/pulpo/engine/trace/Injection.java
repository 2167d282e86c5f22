package dev.pulpo.engine.trace;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.BorrowedCallException;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.engine.stack.StackCheck;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SignalFrame;
import dev.pulpo.ffm.SignalInfo;
import dev.pulpo.ffm.Signals;
import dev.pulpo.ffm.SystemCalls;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.ffm.WaitStatus;
import dev.pulpo.stub.Stub;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * Brings the stub into a process that does not have it. All there is at first is what libc holds: a {@code syscall; ret}
 * and its own signal restorer. A borrowed thread is sent to the first with the address of the second as its return address
 * and a signal frame above: if the tool dies, the thread makes its system call, returns into the restorer and is where it
 * was. Two such calls map a page for a copy of the stub's {@code pulpo_call} and a stack for it; with those
 * {@code dlopen} is an ordinary borrowed call. Afterwards both mappings go again. To be used on the tracer thread.
 */
public final class Injection {
    private static final int[] SYSCALL_RET = {0x0f, 0x05, 0xc3};
    private static final int[] RESTORER = {0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05};
    private static final long CODE_BYTES = 4096;
    private static final long STACK_BYTES = 128 * 1024;
    private static final int RTLD_NOW = 2;
    private static final long RTLD_DEFAULT = 0;

    private final ProcessImage image;
    private final ThreadLoan loan;
    private final TraceeMemory memory;
    private final long deadline;
    private final LoadedObject libc;

    /** The copied code of the stub. */
    @SuppressWarnings("ArrayRecordComponent") // made once and never compared
    private record Landing(byte[] code, long announcedOffset) {
        static Landing ofStub() {
            ElfFile elf = ElfFile.of(ByteSource.of(Stub.bytes()), Stub.NAME);
            ElfSymbol call = symbol(elf, "pulpo_call");
            ByteCursor cursor = elf.at(call.address(), call.size());
            byte[] code = cursor.bytes(call.size()).toArray(ValueLayout.JAVA_BYTE);
            return new Landing(code, symbol(elf, "pulpo_announced").value() - call.value());
        }

        private static ElfSymbol symbol(ElfFile elf, String name) {
            return elf.symbols().find(name).orElseThrow(() -> new IllegalStateException(
                    Stub.NAME + " was built without the symbol " + name));
        }
    }

    /**
     * @param loan     of a thread whose stack has room for a signal frame
     * @param deadline on the scale of {@link System#nanoTime}
     */
    public Injection(ProcessImage image, ThreadLoan loan, TraceeMemory memory, long deadline) {
        this.image = image;
        this.loan = loan;
        this.memory = memory;
        this.deadline = deadline;
        this.libc = libc(image);
    }

    /** The object whose {@code dlopen} would be used. */
    public static LoadedObject libc(ProcessImage image) {
        return image.exporting("dlopen").orElseThrow(() -> new RefusedException(image.pid(),
                new Refusal.NoDynamicLoader(image.executable())));
    }

    /**
     * Loads the stub.
     *
     * @param file the stub
     * @throws RefusedException where the loader of the target refuses it
     */
    public void load(Path file) {
        RemoteAddress gadget = find(SYSCALL_RET, "syscall; ret");
        RemoteAddress restorer = find(RESTORER, "a signal restorer");
        Landing landing = Landing.ofStub();
        RemoteAddress code = map(gadget, restorer, CODE_BYTES, SystemCalls.PROT_READ | SystemCalls.PROT_EXEC);
        RemoteAddress stack = map(gadget, restorer, STACK_BYTES, SystemCalls.PROT_READ | SystemCalls.PROT_WRITE);
        try {
            memory.write(code, landing.code);
            RemoteAddress result = stack;
            CallSite site = new CallSite(code, code.plus(landing.announcedOffset), stack.plus(STACK_BYTES),
                    STACK_BYTES - 64, result, RemoteAddress.NULL);
            keepingErrno(site, () -> keepingDlError(site,
                    () -> deliverAndOpen(site, file, new DeliveryCalls(gadget, restorer, site))));
        } finally {
            if (loan.isUsable()) {
                systemCall(gadget, restorer, SystemCalls.MUNMAP, stack.value(), STACK_BYTES);
                systemCall(gadget, restorer, SystemCalls.MUNMAP, code.value(), CODE_BYTES);
            }
        }
    }

    /** By its name where the target sees it there and may open it, else as {@link StubCalls#load} does it. */
    private void deliverAndOpen(CallSite site, Path file, Delivery.Calls calls) {
        if (Delivery.goesByName(loan, file, file)) {
            Optional<String> error = open(site, RawText.of(file));
            if (error.isEmpty()) {
                return;
            }
            if (!StubCalls.isUnopened(error.get())) {
                throw refused(RawText.of(file), error.get());
            }
        }
        try (Delivery delivery = Delivery.of(loan, ByteSource.of(Stub.bytes()), file, calls)) {
            open(site, delivery.path()).ifPresent(error -> {
                throw refused(delivery.path(), error);
            });
        }
    }

    /** Calls that go through libc's instruction; their room is the stack that other calls will run on. */
    private final class DeliveryCalls implements Delivery.Calls {
        private final RemoteAddress gadget;
        private final RemoteAddress restorer;
        private final CallSite site;

        DeliveryCalls(RemoteAddress gadget, RemoteAddress restorer, CallSite site) {
            this.gadget = gadget;
            this.restorer = restorer;
            this.site = site;
        }

        @Override
        public long call(int number, long... arguments) {
            return systemCall(gadget, restorer, number, arguments);
        }

        @Override
        public RemoteAddress room() {
            return ThreadLoan.argumentsAt(site);
        }

        @Override
        public long roomBytes() {
            return ThreadLoan.argumentBytes(site);
        }
    }

    private RefusedException refused(String path, String error) {
        return new RefusedException(image.pid(), new Refusal.LoaderRefused(path, error));
    }

    /** Returns what the loader said against it, if anything. */
    private Optional<String> open(CallSite site, String path) {
        byte[] name = RawText.encode(path + "\0");
        long handle = loan.call(site, exported("dlopen"), name, new long[]{0, RTLD_NOW}, deadline);
        if (handle != 0) {
            return Optional.empty();
        }
        long message = loan.call(site, exported("dlerror"), new byte[0], new long[0], deadline);
        return Optional.of(StubCalls.readString(memory, new RemoteAddress(message)));
    }

    /** What {@code dlerror} would say next is the thread's, too; how it is kept, the stub's {@code give_back} tells. */
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

    /** errno belongs to the code that the thread was taken out of; {@code __errno_location} says where it is. */
    private void keepingErrno(CallSite site, Runnable call) {
        Optional<RemoteAddress> location = image.exporting("__errno_location")
                .flatMap(object -> object.exported("__errno_location"));
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

    private RemoteAddress map(RemoteAddress gadget, RemoteAddress restorer, long bytes, int protection) {
        long result = systemCall(gadget, restorer, SystemCalls.MMAP, 0, bytes, protection,
                SystemCalls.MAP_PRIVATE | SystemCalls.MAP_ANONYMOUS, -1, 0);
        if (result < 0 && result >= -4095) {
            throw new dev.pulpo.ffm.SystemCallException("mmap(" + bytes + ") in process " + image.pid(), (int) -result);
        }
        return new RemoteAddress(result);
    }

    /** Makes a system call on the thread's own stack, and takes the thread back at its end. */
    private long systemCall(RemoteAddress gadget, RemoteAddress restorer, int number, long... arguments) {
        Registers saved = loan.savedRegisters();
        SignalFrame.Image frame = loan.frameBelow(saved.rsp() - StackCheck.RED_ZONE, restorer.value());
        memory.write(frame.address(), frame.bytes());
        try (Arena arena = Arena.ofConfined()) {
            Registers registers = new Registers(arena);
            registers.set(saved);
            registers.rip(gadget.value());
            registers.rsp(frame.address().value());
            registers.rax(number);
            registers.origRax(-1);
            long[] six = Arrays.copyOf(arguments, 6);
            registers.arguments(six[0], six[1], six[2], six[3], six[4], six[5]);
            loan.divert(registers, ~Signals.SYNCHRONOUS);
        }
        RemoteAddress behindCall = gadget.plus(SystemCalls.INSTRUCTION_LENGTH);
        awaitSyscallStop(behindCall, number);
        awaitSyscallStop(behindCall, number);
        return loan.readRegisters().rax();
    }

    /** Goes on to the entry or the exit of this system call; other stops are let pass. */
    private void awaitSyscallStop(RemoteAddress behindCall, int number) {
        int signal = 0;
        while (true) {
            loan.resumeToSyscall(signal);
            signal = 0;
            switch (loan.awaitStop(deadline)) {
                case WaitStatus.Exited exited -> throw loan.gone();
                case WaitStatus.Killed killed -> throw loan.gone();
                case WaitStatus.SyscallStop stop -> {
                    Registers registers = loan.readRegisters();
                    if (registers.rip() == behindCall.value() && registers.origRax() == number) {
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
                    // The borrowed thread runs on while its process is stopped.
                }
                case WaitStatus.Interrupted stop -> {
                    // Left over from taking the thread.
                }
                case WaitStatus.Event event -> {
                    // Neither of the two calls makes a process or thread.
                }
            }
        }
    }

    /** Until glibc 2.33 dlopen was in a library of its own; the C library itself is the one that has syscall(2). */
    private RemoteAddress find(int[] pattern, String what) {
        return find(libc, pattern).or(() -> image.exporting("syscall").flatMap(object -> find(object, pattern)))
                .orElseThrow(() -> new RefusedException(image.pid(), new Refusal.CannotInject(
                        libc.fileName() + " holds no " + what)));
    }

    private static Optional<RemoteAddress> find(LoadedObject object, int[] pattern) {
        return object.elf().segments().stream()
                .filter(segment -> segment.isExecutable() && segment.fileSize() > 0)
                .flatMap(segment -> {
                    MemorySegment code = object.elf().at(segment.address(), segment.fileSize())
                            .bytes(segment.fileSize());
                    long offset = indexOf(code, pattern);
                    return offset < 0
                            ? Optional.<RemoteAddress>empty().stream()
                            : Optional.of(object.toRemote(segment.address()).plus(offset)).stream();
                })
                .findFirst();
    }

    private static long indexOf(MemorySegment code, int[] pattern) {
        for (long i = 0; i + pattern.length <= code.byteSize(); i++) {
            int matched = 0;
            while (matched < pattern.length
                    && (code.get(ValueLayout.JAVA_BYTE, i + matched) & 0xff) == pattern[matched]) {
                matched++;
            }
            if (matched == pattern.length) {
                return i;
            }
        }
        return -1;
    }
}
