package dev.pulpo.engine.container;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The message digest of RFC 1320. It is no protection against anybody; libpulp names descriptions by it. */
final class Md4 {
    private static final int BLOCK = 64;
    /** Order of the words, and how far each sum is rotated, in the three rounds (RFC 1320, 3.4). */
    private static final int[][] ORDER = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
            {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15},
            {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15}};
    private static final int[][] ROTATION = {{3, 7, 11, 19}, {3, 5, 9, 13}, {3, 9, 11, 15}};
    private static final int[] CONSTANT = {0, 0x5a827999, 0x6ed9eba1};

    private Md4() {}

    /** The 16 bytes of the digest. */
    static byte[] digest(byte[] message) {
        int padded = (message.length + 8 + BLOCK) / BLOCK * BLOCK;
        ByteBuffer blocks = ByteBuffer.allocate(padded).order(ByteOrder.LITTLE_ENDIAN);
        blocks.put(message).put((byte) 0x80).putLong(padded - 8, message.length * 8L).rewind();
        int[] state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
        int[] words = new int[16];
        while (blocks.hasRemaining()) {
            for (int i = 0; i < words.length; i++) {
                words[i] = blocks.getInt();
            }
            block(state, words);
        }
        ByteBuffer digest = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        for (int word : state) {
            digest.putInt(word);
        }
        return digest.array();
    }

    private static void block(int[] state, int[] words) {
        int a = state[0];
        int b = state[1];
        int c = state[2];
        int d = state[3];
        for (int round = 0; round < 3; round++) {
            for (int step = 0; step < 16; step++) {
                int mixed = switch (round) {
                    case 0 -> b & c | ~b & d;
                    case 1 -> b & c | b & d | c & d;
                    default -> b ^ c ^ d;
                };
                int sum = a + mixed + words[ORDER[round][step]] + CONSTANT[round];
                a = d;
                d = c;
                c = b;
                b = Integer.rotateLeft(sum, ROTATION[round][step % 4]);
            }
        }
        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
    }
}
