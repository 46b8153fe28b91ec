"""List what means the same on DuckDB, PostgreSQL and Spark as SQLGlot prints it."""

from __future__ import annotations

from sqlglot import exp

Type = exp.DType

NODES: frozenset[type[exp.Expr]] = frozenset(
    {
        # the shape of a query
        exp.Select, exp.From, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered, exp.Limit, exp.Offset,
        exp.Qualify, exp.Distinct, exp.With, exp.CTE, exp.Subquery, exp.Table, exp.TableAlias, exp.Alias, exp.Column,
        exp.Identifier, exp.Star, exp.Union, exp.Except, exp.Intersect, exp.Values, exp.Tuple, exp.Rollup, exp.Cube,
        exp.GroupingSets, exp.Grouping, exp.Window, exp.WindowSpec, exp.Filter, exp.Paren, exp.Exists,
        # literals and names
        exp.Literal, exp.Boolean, exp.Null, exp.Var, exp.National,
        # operators
        exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is, exp.In, exp.Between,
        exp.Like, exp.ILike, exp.Escape, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Add, exp.Sub, exp.Mul, exp.Neg, exp.Mod,
        exp.Pow, exp.DPipe, exp.Interval, exp.IntervalSpan, exp.DataTypeParam,
        # conditions
        exp.Case, exp.If, exp.Coalesce, exp.Nullif, exp.Greatest, exp.Least,
        # text
        exp.Lower, exp.Upper, exp.Trim, exp.Length, exp.Substring, exp.Left, exp.Right, exp.Replace, exp.Reverse,
        exp.SplitPart, exp.StrPosition, exp.Pad, exp.Repeat, exp.Concat, exp.ConcatWs, exp.Translate, exp.MD5,
        exp.Chr, exp.Ascii, exp.StartsWith,
        # numbers
        exp.Abs, exp.Sign, exp.Sqrt, exp.Exp, exp.Ln, exp.Floor, exp.Ceil,
        # aggregates
        exp.Count, exp.Sum, exp.Min, exp.Max, exp.LogicalOr, exp.LogicalAnd, exp.Stddev, exp.StddevSamp, exp.StddevPop,
        exp.Variance, exp.VariancePop, exp.Corr, exp.CovarSamp, exp.CovarPop, exp.RegrSlope, exp.RegrIntercept,
        # window functions
        exp.RowNumber, exp.Rank, exp.DenseRank, exp.PercentRank, exp.CumeDist, exp.Ntile, exp.Lag, exp.Lead,
        exp.FirstValue, exp.LastValue, exp.NthValue,
        # JSON paths (the functions around them have rules)
        exp.JSONPath, exp.JSONPathRoot, exp.JSONPathKey, exp.JSONPathSubscript,
    }
)  # fmt: skip
"""Kinds of nodes that need no rule on any engine."""

STATEMENTS: frozenset[type[exp.Expr]] = frozenset({exp.Delete, exp.Update})
"""Kinds of nodes that may be a whole statement, and no part of one."""

FUNCTIONS: frozenset[str] = frozenset({"json_array_length", "c360_hash"})
"""Functions that SQLGlot does not know as kinds of nodes and that are called and mean the same everywhere."""

TYPES: frozenset[exp.DType] = frozenset(
    {
        Type.BOOLEAN, Type.SMALLINT, Type.INT, Type.BIGINT, Type.DECIMAL, Type.FLOAT, Type.DOUBLE, Type.TEXT,
        Type.VARCHAR, Type.CHAR, Type.DATE, Type.TIMESTAMP, Type.TIMESTAMPNTZ, Type.TIMESTAMPTZ,
        Type.INTERVAL, Type.BINARY,
    }
)  # fmt: skip
"""Types that every engine has under some name."""
