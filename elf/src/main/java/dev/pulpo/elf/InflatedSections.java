package dev.pulpo.elf;

import java.lang.ref.SoftReference;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The inflated sections of a file. They are kept as long as memory allows, and count once towards the limit, however
 * often they are requested, until the file is closed. Thread-safe.
 */
final class InflatedSections {
    /** How many bytes may still be inflated. Files about one object share a budget. */
    static final class Budget {
        private final long most;
        private final AtomicLong left;

        Budget(ReadLimits limits) {
            most = limits.inflatedBytes();
            left = new AtomicLong(most);
        }

        private void take(Section section, ByteCursor raw, long size) {
            if (left.addAndGet(-size) < 0) {
                throw new TooLargeException(raw.source(), raw.offset(), section.name() + " with " + size
                        + " bytes of inflated sections, besides " + (most - left.addAndGet(size)), most);
            }
        }

        private void giveBack(long size) {
            left.addAndGet(size);
        }
    }

    private final Budget budget;
    private final Map<Section, SoftReference<ByteCursor>> sections = new HashMap<>();
    private long taken;

    InflatedSections(Budget budget) {
        this.budget = budget;
    }

    Budget budget() {
        return budget;
    }

    /** Forgets all. Other files with the same budget may inflate as much again. */
    synchronized void close() {
        sections.clear();
        budget.giveBack(taken);
        taken = 0;
    }

    /** The content of a section that is compressed. */
    synchronized ByteCursor get(Section section, ByteCursor raw) {
        SoftReference<ByteCursor> known = sections.get(section);
        ByteCursor content = known == null ? null : known.get();
        if (content == null) {
            SectionData data = SectionData.of(section, raw);
            if (known == null) {
                budget.take(section, raw, data.size());
                taken += data.size();
            }
            content = data.inflate();
            sections.put(section, new SoftReference<>(content));
        }
        return content.slice(0, content.limit());
    }
}
