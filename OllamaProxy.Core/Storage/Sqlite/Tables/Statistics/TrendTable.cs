using OllamaProxy.Statistics;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Storage.Trends;

namespace OllamaProxy.Storage.Sqlite.Tables.Statistics;

/// <summary>The table <c>trends</c>.</summary>
internal static class TrendTable
{
    /// <summary>Writes rows, and removes what is too old. It runs within a transaction of the writer.</summary>
    public static void Write(SqliteSession session, Guid process, IReadOnlyList<TrendRow> rows, DateTimeOffset now)
    {
        foreach (var (key, figures) in rows)
            session.Execute(
                "INSERT OR REPLACE INTO trends (step, at, process, model, backend, figures) "
                + "VALUES ($step, $at, $process, $model, $backend, $figures)",
                ("$step", (long)key.Step.TotalSeconds), ("$at", key.At.ToUnixTimeSeconds()), ("$process", process.ToString()),
                ("$model", key.Model), ("$backend", key.Backend), ("$figures", TrendJson.Write(figures)));
        foreach (var span in TrendSpan.All)
            session.Execute("DELETE FROM trends WHERE step = $step AND at < $first",
                ("$step", (long)span.Step.TotalSeconds), ("$first", span.FirstStep(now).ToUnixTimeSeconds()));
    }

    public static IReadOnlyList<TrendRow> Read(SqliteSession session, TrendSpan span, DateTimeOffset since)
    {
        using var row = session.Query(
            "SELECT at, model, backend, figures FROM trends WHERE step = $step AND at >= $since",
            ("$step", (long)span.Step.TotalSeconds), ("$since", since.ToUnixTimeSeconds()));
        var rows = new List<TrendRow>();
        while (row.Read())
            rows.Add(new(new(span.Step, DateTimeOffset.FromUnixTimeSeconds(row.Int64(0)), row.Text(1), row.Text(2)),
                TrendJson.Read(row.Text(3))));
        return rows;
    }
}
