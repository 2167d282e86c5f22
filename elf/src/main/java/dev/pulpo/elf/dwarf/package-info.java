/**
 * DWARF 2 to 5, in the 32-bit and the 64-bit format. In reading order:
 *
 * <ul>
 * <li>{@link dev.pulpo.elf.dwarf.DebugInfo} is where to begin. Its answers are {@link dev.pulpo.elf.dwarf.FunctionInfo},
 * {@link dev.pulpo.elf.dwarf.VariableInfo} ({@link dev.pulpo.elf.dwarf.VariableLocation}),
 * {@link dev.pulpo.elf.dwarf.FunctionPart}, {@link dev.pulpo.elf.dwarf.SourceFrame},
 * {@link dev.pulpo.elf.dwarf.TypeLayout} ({@link dev.pulpo.elf.dwarf.StructLayout},
 * {@link dev.pulpo.elf.dwarf.EnumLayout}, {@link dev.pulpo.elf.dwarf.TypedefLayout}),
 * {@link dev.pulpo.elf.dwarf.CompiledUnit}, {@link dev.pulpo.elf.dwarf.SourceLine} and
 * {@link dev.pulpo.elf.dwarf.AddressRange}; {@code DebugLoader} finds the files, {@code PackageFile} reads packages of
 * split units.
 * <li>Objects in memory: {@link dev.pulpo.elf.dwarf.GlobalVariable} and {@link dev.pulpo.elf.dwarf.DataObject}, its
 * {@link dev.pulpo.elf.dwarf.DataType} and its {@link dev.pulpo.elf.dwarf.Value}
 * ({@link dev.pulpo.elf.dwarf.ValueLimits}), read from {@link dev.pulpo.elf.dwarf.DataMemory};
 * {@link dev.pulpo.elf.dwarf.NoDataException} is why there is none. {@code DataWorld}, {@code DataContext},
 * {@code Definitions}, {@code QualifiedNames}, {@code EnumNames} and {@code ValueEncoder} are behind them.
 * <li>Reading: {@code World} has a {@code Space} for each section of units, and a space has {@code Unit}s with a
 * {@code UnitHeader}. An {@code EntryReader} reads the entries of a unit by {@code Abbreviations} and {@code Forms}; the
 * numbers are in {@code Dw}, the bytes in {@code Sections}, the budget in {@code Work}.
 * <li>Understanding: {@code Ranges}, {@code Names}, {@code VariableLocations}, {@code Types}, {@code TypeNames}, {@code Functions}, {@code SourceFrames}, {@code PartNames}; {@code LineProgram} makes a
 * {@code LineTable}.
 * <li>Finding: {@code UnitIndexer} makes an {@code IndexedUnit} of a unit: an {@code Index} of {@code LongMultimap}s and
 * a {@code RangeIndex}.
 * </ul>
 *
 * <p>All addresses are link addresses. Source: DWARF 5, and the documentation of GCC for older versions.
 */
@org.jspecify.annotations.NullMarked
package dev.pulpo.elf.dwarf;
