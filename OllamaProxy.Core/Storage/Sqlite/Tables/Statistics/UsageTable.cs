using OllamaProxy.Statistics;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables.Statistics;

/// <summary>The table <c>usage</c>, which a trigger fills.</summary>
internal static class UsageTable
{
    /// <summary>Sums it up, in the order of the keys.</summary>
    public static IReadOnlyList<UsageSum> Sum(SqliteSession session, UsageQuery query)
    {
        var key = UsageColumns.Of(query.By);
        using var row = session.Query(
            $"""
            SELECT {key}, {UsageColumns.Sums} FROM usage
            WHERE day BETWEEN $from AND $to AND ($owner IS NULL OR owner = $owner) GROUP BY {key} ORDER BY {key}
            """,
            ("$from", UsageColumns.Of(query.From)), ("$to", UsageColumns.Of(query.To)), ("$owner", query.Owner));
        var sums = new List<UsageSum>();
        while (row.Read())
            sums.Add(new(row.Text(0), row.Int64(1), row.Int64(2), row.Int64(3), row.Int64(4), row.Int64(5),
                TimeSpan.FromMilliseconds(row.Int64(6))));
        return sums;
    }

    /// <summary>All rows, to be copied.</summary>
    public static IReadOnlyList<UsageRow> List(SqliteSession session)
    {
        using var row = session.Query($"SELECT {UsageColumns.All} FROM usage ORDER BY day, owner, model");
        var rows = new List<UsageRow>();
        while (row.Read())
            rows.Add(new(row.Text(0), row.Text(1), row.Text(2), [.. Enumerable.Range(3, 6).Select(row.Int64)]));
        return rows;
    }

    /// <summary>Puts copied rows in the place of what there is. It runs within a transaction of the writer.</summary>
    public static void Replace(SqliteSession session, IReadOnlyList<UsageRow> rows)
    {
        session.Execute("DELETE FROM usage");
        foreach (var row in rows)
            session.Execute(
                $"INSERT INTO usage ({UsageColumns.All}) VALUES ($day, $owner, $model, $f0, $f1, $f2, $f3, $f4, $f5)",
                [
                    ("$day", row.Day), ("$owner", row.Owner), ("$model", row.Model),
                    .. row.Figures.Select((figure, index) => ($"$f{index}", (object?)figure)),
                ]);
    }
}
