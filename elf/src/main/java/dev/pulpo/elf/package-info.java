/**
 * ELF64 for x86-64, little endian. In reading order:
 *
 * <ul>
 * <li>Places: {@link dev.pulpo.elf.LinkAddress}, {@link dev.pulpo.elf.FileOffset}.
 * <li>Bytes: {@link dev.pulpo.elf.ByteSource} and {@link dev.pulpo.elf.MappedFile} hold them,
 * {@link dev.pulpo.elf.ByteCursor} reads them, {@link dev.pulpo.elf.MalformedElfException} says what is wrong with
 * them. {@link dev.pulpo.elf.RawText} makes strings of them that lose nothing, and
 * {@link dev.pulpo.elf.VisibleText} shows those.
 * <li>The object: {@link dev.pulpo.elf.ElfFile} is where to begin; it has a {@link dev.pulpo.elf.ElfHeader},
 * {@link dev.pulpo.elf.Segment}s and {@link dev.pulpo.elf.Section}s. {@code ElfView} reads by link address,
 * {@code SectionTable} and {@code SectionData} read sections, {@code Lazy} is how everything waits to be asked for.
 * <li>Dynamic linking: {@link dev.pulpo.elf.DynamicTable}, {@link dev.pulpo.elf.RelocationTable},
 * {@link dev.pulpo.elf.RelativeRelocations}.
 * <li>Symbols: {@link dev.pulpo.elf.SymbolTable} makes {@link dev.pulpo.elf.ElfSymbol}s from {@code SymbolNames};
 * {@code SymbolTables} finds the tables, {@code VersionTable} knows the versions. By name through one
 * {@code NameLookup}: {@code GnuHash}, {@code SysvHash}, {@code NameIndex}; by address through {@code AddressIndex}
 * and {@code RadixSort}.
 * <li>What the tool chain left behind: {@link dev.pulpo.elf.Note}, {@link dev.pulpo.elf.BuildId},
 * {@link dev.pulpo.elf.GnuProperties}, {@link dev.pulpo.elf.DebugLink}, {@link dev.pulpo.elf.DebugAltLink},
 * {@link dev.pulpo.elf.DebugFiles}, {@code PatchableEntries}.
 * <li>Writing: {@link dev.pulpo.elf.ElfEditor} collects changes, {@code SectionRemoval} makes sure that nothing needs
 * what goes, {@code SectionLayout} places what comes and {@code SectionNames} names it, {@code EditedFile} is the
 * result and writes it. {@link dev.pulpo.elf.SharedObjectWriter} makes new objects: {@code LoadPages} is their memory,
 * {@code DynamicParts} what the loader reads, {@code SectionHeaders} what people do; {@link dev.pulpo.elf.ByteBuilder}
 * collects bytes.
 * </ul>
 *
 * <p>Specifications, as cited throughout: the System V gABI (ELF), its x86-64 supplement (psABI), the Linux extensions
 * to the gABI, the LSB for symbol versions, and where there is no specification the practice of GNU binutils and glibc.
 */
@org.jspecify.annotations.NullMarked
package dev.pulpo.elf;
