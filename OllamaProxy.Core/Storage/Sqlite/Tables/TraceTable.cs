using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>The table <c>traces</c>: which trace a prompt belongs to. Most have none.</summary>
internal static class TraceTable
{
    /// <summary>The prompt's <c>traceparent</c>, as a column of a query of <c>prompts</c>.</summary>
    public const string Column = "(SELECT traceparent FROM traces WHERE traces.seq = prompts.seq)";

    public static void Insert(SqliteSession session, long seq, string? traceParent)
    {
        if (traceParent is not null)
            session.Execute("INSERT INTO traces (seq, traceparent) VALUES ($seq, $parent)", ("$seq", seq), ("$parent", traceParent));
    }
}
