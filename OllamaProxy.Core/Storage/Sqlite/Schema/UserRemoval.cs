using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;

namespace OllamaProxy.Storage.Sqlite.Schema;

/// <summary>The SQL function <c>without_user</c> of a migration: a text without the users and passwords of the addresses in it.</summary>
internal sealed partial class UserRemoval
{
    /// <summary>Whether it has found any.</summary>
    public bool HasRemoved { get; private set; }

    /// <summary>Makes the function known to a connection.</summary>
    public void AddTo(SqliteConnection connection) =>
        connection.CreateFunction("without_user", (string? text) => text is null ? null : Remove(text), isDeterministic: false);

    private string Remove(string text)
    {
        var without = User().Replace(text, "$1");
        HasRemoved |= without.Length < text.Length;
        return without;
    }

    /// <summary>
    /// Between the scheme and the host. A password of ours may have had spaces, which were shown as they are: there the address is the
    /// whole text, or stands where our errors had it.
    /// </summary>
    [GeneratedRegex(@"((?:^|(?<=Ollama at ))https?://)[^/]*@|(?<=https?://)[^\s/?#]*@",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex User();
}
