package dev.pulpo.engine;

import java.time.Duration;
import java.util.List;

/**
 * How long calls took.
 *
 * @param begun    calls that have begun
 * @param returned calls that have returned; the others are in progress, or ended by an exception or longjmp(3)
 * @param sum      of all that have returned
 * @param buckets  those that are not empty, ascending
 */
public record ProbeTimes(long begun, long returned, Duration sum, List<Bucket> buckets) {
    public ProbeTimes {
        buckets = List.copyOf(buckets);
    }

    /**
     * Calls that took about the same time.
     *
     * @param from  the shortest
     * @param to    what is too long for it: a quarter more, or less
     * @param count how many
     */
    public record Bucket(Duration from, Duration to, long count) {}

    /** The mean; 0 without calls. */
    public Duration mean() {
        return returned == 0 ? Duration.ZERO : sum.dividedBy(returned);
    }

    /**
     * A time that this share of the calls did not exceed: the upper end of a bucket.
     *
     * @param share 0 to 1, such as 0.99
     */
    public Duration percentile(double share) {
        long wanted = (long) Math.ceil(share * buckets.stream().mapToLong(Bucket::count).sum());
        long seen = 0;
        for (Bucket bucket : buckets) {
            seen += bucket.count;
            if (seen >= wanted) {
                return bucket.to;
            }
        }
        return Duration.ZERO;
    }
}
