/**
 * ELF64 for x86-64, little endian. In reading order:
 *
 * <ul>
 * <li>Places: {@link dev.pulpo.elf.LinkAddress}, {@link dev.pulpo.elf.FileOffset}.
 * <li>Bytes: {@link dev.pulpo.elf.ByteSource} and {@link dev.pulpo.elf.MappedFile} hold them,
 * {@link dev.pulpo.elf.ByteCursor} reads them, {@link dev.pulpo.elf.MalformedElfException} reports their defects.
 * {@link dev.pulpo.elf.RawText} decodes them without loss, and {@link dev.pulpo.elf.VisibleText} makes the result
 * visible.
 * <li>The object: {@link dev.pulpo.elf.ElfFile} is where to begin; it has a {@link dev.pulpo.elf.ElfHeader},
 * {@link dev.pulpo.elf.Segment}s and {@link dev.pulpo.elf.Section}s. {@code ElfView} reads by link address,
 * {@code SectionTable} and {@code SectionData} read sections, {@code Lazy} computes a value on demand.
 * <li>Dynamic linking: {@link dev.pulpo.elf.DynamicTable}, {@link dev.pulpo.elf.RelocationTable},
 * {@link dev.pulpo.elf.RelativeRelocations}.
 * <li>Symbols: {@link dev.pulpo.elf.SymbolTable} makes {@link dev.pulpo.elf.ElfSymbol}s from {@code SymbolNames};
 * {@code SymbolTables} finds the tables, {@code VersionTable} has the versions. A {@code NameLookup} finds symbols by
 * name: {@code GnuHash}, {@code SysvHash}, {@code NameIndex}; an {@code AddressIndex} finds them by address.
 * {@link dev.pulpo.elf.RadixSort} sorts addresses and {@link dev.pulpo.elf.SortedAddresses} looks them up, also in other
 * packages.
 * <li>Data of the tool chain: {@link dev.pulpo.elf.Note}, {@link dev.pulpo.elf.BuildId},
 * {@link dev.pulpo.elf.GnuProperties}, {@link dev.pulpo.elf.DebugLink}, {@link dev.pulpo.elf.DebugAltLink},
 * {@link dev.pulpo.elf.DebugFiles}, {@code PatchableEntries}.
 * <li>Writing: {@link dev.pulpo.elf.ElfEditor} collects changes, {@code SectionRemoval} checks that nothing needs a
 * removed section, {@code SectionLayout} places new sections and {@code SectionNames} their names, {@code EditedFile} is
 * the result and writes it. {@link dev.pulpo.elf.SharedObjectWriter} makes new objects: {@code LoadPages} is their
 * memory, {@code DynamicParts} is for the loader, {@code SectionHeaders} for people; {@link dev.pulpo.elf.ByteBuilder}
 * collects bytes.
 * </ul>
 *
 * <p>Specifications, as cited throughout: the System V gABI (ELF), its x86-64 supplement (psABI), the Linux extensions to
 * the gABI, the LSB for symbol versions, and without a specification the practice of GNU binutils and glibc.
 */
@org.jspecify.annotations.NullMarked
package dev.pulpo.elf;
