/**
 * Call frame information: how to find a function's caller and the caller's registers. In reading order:
 *
 * <ul>
 * <li>{@link dev.pulpo.elf.cfi.CfiTable} is where to begin: the information of one object as sorted rows.
 * {@link dev.pulpo.elf.cfi.CfiRow} shows one of them.
 * <li>{@link dev.pulpo.elf.cfi.FunctionRanges}: where functions begin and end; {@link dev.pulpo.elf.cfi.LandingPads}: where
 * exceptions land in them.
 * <li>{@link dev.pulpo.elf.cfi.Unwinder} walks a stack with the tables of all objects ({@link dev.pulpo.elf.cfi.CfiMap}
 * of {@link dev.pulpo.elf.cfi.LoadedCfi}) and its {@link dev.pulpo.elf.cfi.StackMemory}, and what was proven of code
 * without call frame information ({@link dev.pulpo.elf.cfi.ProvenFrames}); {@link dev.pulpo.elf.cfi.Step} and
 * {@link dev.pulpo.elf.cfi.UnwindEnd} say how a step or a walk ended. {@link dev.pulpo.elf.expression.DwarfRegisters}
 * names registers, {@code RegisterFile} holds them.
 * <li>Reading: {@code CfiLoader} finds a {@link dev.pulpo.elf.cfi.CfiSection} by name or through {@code EhFrameHeader};
 * {@code FrameReader} splits it into {@code CommonEntry} (CIE, by {@code CommonEntryReader}) and {@code FunctionEntry}
 * (FDE), with pointers in a {@code PointerEncoding}; {@code FrameBudget} limits the work.
 * <li>Building: {@code TableBuilder} lets the {@code Interpreter} execute the instructions of every function;
 * {@code StatePool} numbers the rows, which consist of {@code PackedRule}s.
 * <li>Writing: {@link dev.pulpo.elf.cfi.FrameExcerpt} makes a section about some functions,
 * {@link dev.pulpo.elf.cfi.NewFrames} one about a new function;
 * {@link dev.pulpo.elf.cfi.ExceptionTable} says which types they catch.
 * <li>Expressions: the {@code CfiEvaluator} evaluates a {@code CompiledExpression}; {@code ExpressionPool} numbers them.
 * </ul>
 *
 * <p>Sources: {@code .eh_frame} and {@code .eh_frame_hdr} (Linux Standard Base, Core, 10.6), {@code .debug_frame} (DWARF
 * 2 to 5, 6.4). Addresses in a table are link addresses, those of an unwinder belong to a process; a load bias translates
 * between them.
 */
@org.jspecify.annotations.NullMarked
package dev.pulpo.elf.cfi;
