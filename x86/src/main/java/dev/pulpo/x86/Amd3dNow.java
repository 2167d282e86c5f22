package dev.pulpo.x86;

/** 3DNow!: the opcode is the last byte (AMD64 Architecture Programmer's Manual volume 3, appendix A, table A-11). */
final class Amd3dNow {
    private Amd3dNow() {}

    static boolean isOpcode(int suffix) {
        return switch (suffix) {
            case 0x0c, 0x0d, 0x1c, 0x1d, 0x8a, 0x8e, 0x90, 0x94, 0x96, 0x97, 0x9a, 0x9e, 0xa0, 0xa4, 0xa6, 0xa7, 0xaa,
                    0xae, 0xb0, 0xb4, 0xb6, 0xb7, 0xbb, 0xbf ->
                true;
            default -> false;
        };
    }
}
