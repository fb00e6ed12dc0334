using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>
/// The tables <c>load_options</c> and <c>truncations</c>: what few prompts have, and what is read of all, so that it does not stand behind
/// their texts.
/// </summary>
internal static class LoadTable
{
    /// <summary>The load options of a prompt, and how much of it the model was given, as columns of a query of <c>prompts</c>.</summary>
    public const string Columns =
        "(SELECT options FROM load_options WHERE load_options.seq = prompts.seq), "
        + "(SELECT tokens FROM truncations WHERE truncations.seq = prompts.seq)";

    public static void Insert(SqliteSession session, long seq, string options)
    {
        if (options.Length > 0)
            session.Execute("INSERT INTO load_options (seq, options) VALUES ($seq, $options)", ("$seq", seq), ("$options", options));
    }

    /// <summary>Notes that a prompt was cut; null: it was not.</summary>
    public static void Truncate(SqliteSession session, long seq, long? tokens)
    {
        if (tokens is { } count)
            session.Execute("INSERT OR REPLACE INTO truncations (seq, tokens) VALUES ($seq, $tokens)", ("$seq", seq), ("$tokens", count));
    }
}
