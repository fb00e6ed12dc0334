using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;

namespace OllamaProxy.Storage.Sqlite.Schema;

/// <summary>The SQL function <c>without_user</c> of a migration, which removes users and passwords from the addresses in a text.</summary>
internal sealed partial class UserRemoval
{
    /// <summary>Whether it has removed any.</summary>
    public bool HasRemoved { get; private set; }

    /// <summary>Registers the function with a connection.</summary>
    public void AddTo(SqliteConnection connection) =>
        connection.CreateFunction("without_user", (string? text) => text is null ? null : Remove(text), isDeterministic: false);

    private string Remove(string text)
    {
        var without = User().Replace(text, "$1");
        HasRemoved |= without.Length < text.Length;
        return without;
    }

    /// <summary>
    /// Matches the user and password between scheme and host. Older versions stored passwords with spaces as they were: then the address is
    /// the whole text, or follows the words of our error messages.
    /// </summary>
    [GeneratedRegex(@"((?:^|(?<=Ollama at ))https?://)[^/]*@|(?<=https?://)[^\s/?#]*@",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex User();
}
