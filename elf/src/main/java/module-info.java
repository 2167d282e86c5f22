/** ELF64 and DWARF, read and written. Depends on nothing. */
module dev.pulpo.elf {
    requires static org.jspecify;

    exports dev.pulpo.elf;
    exports dev.pulpo.elf.cfi;
    exports dev.pulpo.elf.dwarf;
    exports dev.pulpo.elf.expression;
    exports dev.pulpo.elf.mangled;
}
