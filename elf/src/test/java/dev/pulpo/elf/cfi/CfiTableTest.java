package dev.pulpo.elf.cfi;

import static dev.pulpo.elf.cfi.FrameBytes.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.cfi.CfiRow.CfaRule;
import dev.pulpo.elf.cfi.CfiRow.RegisterRule;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CfiTableTest {
    private static final RegisterRule RETURN = new RegisterRule.Offset(-8);

    private static CfiRow row(CfiTable table, long place) {
        return table.row(new LinkAddress(place)).orElseThrow();
    }

    private static boolean covered(CfiTable table, long place) {
        return table.row(new LinkAddress(place)).isPresent();
    }

    @Test
    void rowsHoldFromTheirAddressUpToTheNext() {
        // push %rbp; mov %rsp,%rbp; …; leave; ret
        FrameBytes body = bytes(0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6, 0x02, 0x20, 0x0c, 7, 8, 0xc6);
        CfiTable table = CfiTable.of(FrameBytes.ehFrame().function(0x1000, 0x30, body).asEhFrame());
        assertThat(table.defects()).isEmpty();
        assertThat(covered(table, 0xfff)).isFalse();
        assertThat(row(table, 0x1000)).isEqualTo(new CfiRow(new LinkAddress(0x1000),
                new CfaRule.RegisterOffset(7, 8), Map.of(16, RETURN), false));
        CfiRow pushed = new CfiRow(new LinkAddress(0x1001), new CfaRule.RegisterOffset(7, 16),
                Map.of(16, RETURN, 6, new RegisterRule.Offset(-16)), false);
        assertThat(row(table, 0x1001)).isEqualTo(pushed);
        assertThat(row(table, 0x1003)).isEqualTo(pushed);
        assertThat(row(table, 0x1004).cfa()).isEqualTo(new CfaRule.RegisterOffset(6, 16));
        assertThat(row(table, 0x1023).start()).isEqualTo(new LinkAddress(0x1004));
        assertThat(row(table, 0x1024).registers()).isEqualTo(Map.of(16, RETURN));
        assertThat(covered(table, 0x102f)).isTrue();
        assertThat(covered(table, 0x1030)).isFalse();
    }

    @Test
    void everyInstructionHasItsEffect() {
        FrameBytes body = bytes(0x05, 3).uleb(2).u8(0x07, 0, 0x08, 1, 0x09, 2, 4, 0x14, 5, 3).u8(0x15, 8, 0x7d)
                .u8(0x11, 9, 0x7e, 0x2f, 10, 5, 0x10, 11, 1, 0x30, 0x16, 12, 1, 0x31, 0x2e, 8, 0x12, 6, 0x7e)
                .u8(0x05, 17, 9);
        CfiTable table = CfiTable.of(FrameBytes.ehFrame().function(0x1000, 8, body).asEhFrame());
        assertThat(table.defects()).isEmpty();
        CfiRow row = row(table, 0x1007);
        assertThat(row.cfa()).isEqualTo(new CfaRule.RegisterOffset(6, 16));
        assertThat(row.registers()).isEqualTo(Map.ofEntries(Map.entry(0, new RegisterRule.Undefined()),
                Map.entry(1, new RegisterRule.SameValue()), Map.entry(2, new RegisterRule.Register(4)),
                Map.entry(3, new RegisterRule.Offset(-16)), Map.entry(5, new RegisterRule.ValueOffset(-24)),
                Map.entry(8, new RegisterRule.ValueOffset(24)), Map.entry(9, new RegisterRule.Offset(16)),
                Map.entry(10, new RegisterRule.Offset(40)), Map.entry(11, new RegisterRule.Expression()),
                Map.entry(12, new RegisterRule.ValueExpression()), Map.entry(16, RETURN)));
    }

    @Test
    void rememberedStatesComeBackWithTheirCfa() {
        FrameBytes body = bytes(0x0a, 0x0e, 32, 0x83, 4, 0x0a, 0x0e, 64, 0x41, 0x0b, 0x41, 0x0b, 0x41, 0x13, 0x7f, 0x41,
                0x0f, 2,
                0x77, 0);
        CfiTable table = CfiTable.of(FrameBytes.ehFrame().function(0x1000, 8, body).asEhFrame());
        assertThat(table.defects()).isEmpty();
        assertThat(row(table, 0x1000).cfa()).isEqualTo(new CfaRule.RegisterOffset(7, 64));
        assertThat(row(table, 0x1001).cfa()).isEqualTo(new CfaRule.RegisterOffset(7, 32));
        assertThat(row(table, 0x1001).registers()).containsKey(3);
        assertThat(row(table, 0x1002).cfa()).isEqualTo(new CfaRule.RegisterOffset(7, 8));
        assertThat(row(table, 0x1002).registers()).doesNotContainKey(3);
        assertThat(row(table, 0x1003).cfa()).isEqualTo(new CfaRule.RegisterOffset(7, 8));
        assertThat(row(table, 0x1004).cfa()).isEqualTo(new CfaRule.Computed());
    }

    @Test
    void halfOfARuleIsChangedBehindAnExpression() {
        FrameBytes body = bytes(0x0e, 16, 0x0f, 1, 0x30, 0x41, 0x0d, 6);
        CfiTable table = CfiTable.of(FrameBytes.ehFrame().function(0x1000, 4, body).asEhFrame());
        assertThat(row(table, 0x1000).cfa()).isEqualTo(new CfaRule.Computed());
        assertThat(row(table, 0x1001).cfa()).isEqualTo(new CfaRule.RegisterOffset(6, 16));
        CfiTable without = CfiTable
                .of(FrameBytes.ehFrame("zR", bytes(0x1b), bytes()).function(0x1000, 4, bytes(0x0e, 8)).asEhFrame());
        assertThat(without.defects()).hasSize(1);
    }

    @Test
    void pointersOfAllEncodingsAreRead() {
        record Case(int encoding, FrameBytes pointer, FrameBytes length) {}
        // The pointer is at offset 33 of the section: CIE of 4 + 21 bytes, then the FDE's length and CIE pointer.
        Case[] cases = {new Case(0x00, new FrameBytes().u64(0x5000), new FrameBytes().u64(16)),
                new Case(0x01, new FrameBytes().uleb(0x5000), new FrameBytes().uleb(16)),
                new Case(0x02, new FrameBytes().number(0x5000, 2), new FrameBytes().number(16, 2)),
                new Case(0x03, new FrameBytes().u32(0x5000), new FrameBytes().u32(16)),
                new Case(0x04, new FrameBytes().u64(0x5000), new FrameBytes().u64(16)),
                new Case(0x09, new FrameBytes().sleb(0x5000), new FrameBytes().sleb(16)),
                new Case(0x0a, new FrameBytes().number(0x5000, 2), new FrameBytes().number(16, 2)),
                new Case(0x0b, new FrameBytes().u32(0x5000), new FrameBytes().u32(16)),
                new Case(0x0c, new FrameBytes().u64(0x5000), new FrameBytes().u64(16)),
                new Case(0x1a, new FrameBytes().number(0x5000 - 0x4021, 2), new FrameBytes().number(16, 2)),
                new Case(0x1c, new FrameBytes().u64(0x5000 - 0x4021), new FrameBytes().u64(16)),
                new Case(0x50, new FrameBytes().number(0, 7).u64(0x5000), new FrameBytes().u64(16))};
        for (Case each : cases) {
            FrameBytes frame = FrameBytes.ehFrame("zR", bytes(each.encoding), bytes(0x0c, 7, 8, 0x90, 1, 0, 0, 0));
            assertThat(frame.size()).isEqualTo(25);
            frame.entry(new FrameBytes().u32(29).append(each.pointer).append(each.length).u8(0));
            CfiTable table = CfiTable.of(frame.asEhFrame());
            assertThat(table.defects()).as("encoding %x", each.encoding).isEmpty();
            assertThat(table.rowStart(0)).as("encoding %x", each.encoding).isEqualTo(new LinkAddress(0x5000));
            assertThat(covered(table, 0x500f)).as("encoding %x", each.encoding).isTrue();
            assertThat(covered(table, 0x5010)).as("encoding %x", each.encoding).isFalse();
        }
    }

    @Test
    void augmentationsAreUnderstoodOrRefused() {
        FrameBytes initial = bytes(0x0c, 7, 8, 0x90, 1);
        CfiTable signal = CfiTable.of(FrameBytes.ehFrame("zRS", bytes(0x1b), initial)
                .function(0x1000, 4, bytes()).asEhFrame());
        assertThat(row(signal, 0x1000).signalFrame()).isTrue();
        CfiTable exceptions = CfiTable.of(FrameBytes.ehFrame("zPLR", bytes(0x9b).u32(0x1234).u8(0x1b, 0x1b), initial)
                .function(0x1000, 4, bytes()).asEhFrame());
        assertThat(row(exceptions, 0x1000).signalFrame()).isFalse();
        CfiTable unknown = CfiTable.of(FrameBytes.ehFrame("zQR", bytes(0x1b), initial)
                .function(0x1000, 4, bytes()).asEhFrame());
        assertThat(unknown.rowCount()).isZero();
        assertThat(unknown.defects()).hasSize(1);
    }

    @Test
    void debugFramesOfAllVersionsAndSizesAreRead() {
        for (int version : new int[]{1, 3, 4}) {
            for (boolean wide : new boolean[]{false, true}) {
                int offsetSize = wide ? 8 : 4;
                FrameBytes common = new FrameBytes().number(-1, offsetSize).u8(version).string("");
                if (version == 4) {
                    common.u8(8, 0);
                }
                common.uleb(1).sleb(-8).u8(16, 0x0c, 7, 8, 0x90, 1);
                FrameBytes function = new FrameBytes().number(0, offsetSize).u64(0x1000).u64(0x10).u8(0x44, 0x0e, 16);
                FrameBytes section = new FrameBytes();
                for (FrameBytes entry : new FrameBytes[]{common, function}) {
                    if (wide) {
                        section.u32(-1);
                    }
                    section.number(entry.size(), offsetSize).append(entry);
                }
                CfiTable table = CfiTable.of(section.asDebugFrame());
                assertThat(table.defects()).isEmpty();
                assertThat(row(table, 0x1003).cfa()).isEqualTo(new CfaRule.RegisterOffset(7, 8));
                assertThat(row(table, 0x100f).cfa()).isEqualTo(new CfaRule.RegisterOffset(7, 16));
            }
        }
    }

    @Test
    void theSectionNamedFirstCounts() {
        FrameBytes second = new FrameBytes()
                .entry(new FrameBytes().u32(-1).u8(1).string("").uleb(1).sleb(-8).u8(16, 0x0c, 7, 24, 0x90, 1))
                .entry(new FrameBytes().u32(0).u64(0x1004).u64(4))
                .entry(new FrameBytes().u32(0).u64(0x2000).u64(4));
        CfiTable table = CfiTable.of(FrameBytes.ehFrame().function(0x1000, 8, bytes()).asEhFrame(),
                second.asDebugFrame());
        assertThat(row(table, 0x1004).cfa()).isEqualTo(new CfaRule.RegisterOffset(7, 8));
        assertThat(row(table, 0x2000).cfa()).isEqualTo(new CfaRule.RegisterOffset(7, 24));
        assertThat(covered(table, 0x1008)).isFalse();
    }

    @Test
    void ofOverlappingFunctionsTheOneThatBeginsLastCounts() {
        CfiTable table = CfiTable.of(FrameBytes.ehFrame().function(0x1004, 4, bytes(0x0e, 16))
                .function(0x1000, 0x10, bytes(0x46, 0x0e, 24)).u32(0).function(0x3000, 1, bytes()).asEhFrame());
        assertThat(row(table, 0x1003).cfa()).isEqualTo(new CfaRule.RegisterOffset(7, 8));
        assertThat(row(table, 0x1004).cfa()).isEqualTo(new CfaRule.RegisterOffset(7, 16));
        assertThat(row(table, 0x1007).cfa()).isEqualTo(new CfaRule.RegisterOffset(7, 16));
        assertThat(covered(table, 0x1008)).isFalse();
        assertThat(covered(table, 0x3000)).isTrue();
    }

    @Test
    void adefectCostsOneFunctionOnly() {
        FrameBytes[] broken = {bytes(0x41, 0x0b), bytes(0x3f), bytes(0x0e), bytes(0x0c, 40, 8),
                bytes(0x0f, 3, 0x2f, 1, 0), bytes(0x0f, 1, 0x9c), bytes(0x0f, 2, 0x94, 3), bytes(0x0f, 9, 0x30)};
        for (FrameBytes body : broken) {
            CfiTable table = CfiTable.of(FrameBytes.ehFrame().function(0x1000, 4, bytes())
                    .function(0x1004, 4, body).function(0x1008, 4, bytes()).asEhFrame());
            assertThat(table.defects()).hasSize(1);
            assertThat(covered(table, 0x1003)).isTrue();
            assertThat(covered(table, 0x1004)).isFalse();
            assertThat(covered(table, 0x1008)).isTrue();
        }
    }

    @Test
    void entriesThatCannotBeToldApartAreMalformed() {
        for (FrameBytes section : new FrameBytes[]{FrameBytes.ehFrame().u32(5).u8(0, 0, 0, 0),
                FrameBytes.ehFrame().u32(0xfffffff5L), FrameBytes.ehFrame().u32(-1).u64(-1), bytes(1, 2)}) {
            assertThatExceptionOfType(MalformedElfException.class)
                    .isThrownBy(() -> CfiTable.of(section.asEhFrame()));
        }
        CfiTable dangling = CfiTable
                .of(FrameBytes.ehFrame().entry(new FrameBytes().u32(0x7000).u64(0).u64(0)).asEhFrame());
        assertThat(dangling.defects()).hasSize(1);
    }
}
