package dev.pulpo.elf.cfi;

import dev.pulpo.elf.ByteCursor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Numbers the different expressions of an object. There are few: the PLT and the functions with realigned stacks share
 * them.
 */
final class ExpressionPool {
    private final FrameBudget budget;
    private final Map<CompiledExpression, Integer> numbers = new HashMap<>();
    private final List<CompiledExpression> expressions = new ArrayList<>();

    ExpressionPool(FrameBudget budget) {
        this.budget = budget;
    }

    int add(ByteCursor bytes) {
        budget.expression(bytes);
        CompiledExpression expression = CompiledExpression.read(bytes);
        return numbers.computeIfAbsent(expression, fresh -> {
            expressions.add(fresh);
            return expressions.size() - 1;
        });
    }

    CompiledExpression[] toArray() {
        return expressions.toArray(new CompiledExpression[0]);
    }
}
