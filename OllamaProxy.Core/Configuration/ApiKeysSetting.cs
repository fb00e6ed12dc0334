using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace OllamaProxy.Configuration;

/// <summary>
/// Reads API keys: <c>name:key</c>, followed by options such as <c>:admin</c> and <c>:weight=2</c>; see <see cref="ApiKeyOptions"/>. In
/// place of the key there can be its hash, <c>sha256=HEX</c>. No message quotes a key.
/// </summary>
public static partial class ApiKeysSetting
{
    private const string Setting = "OLLAMA_PROXY_API_KEYS";
    private const string FileSetting = "OLLAMA_PROXY_API_KEYS_FILE";

    /// <summary>How the hash of a key begins, in its place.</summary>
    internal const string HashPrefix = "sha256=";

    /// <summary>Whether a text can be the name of an owner.</summary>
    public static bool IsName(string text) => Name().IsMatch(text);

    /// <summary>The keys of the setting, and the full path of the file with more of them; null: there is none.</summary>
    internal static (IReadOnlyList<ApiKey> Keys, string? File) Read(SettingReader settings)
    {
        var (text, path) = (settings.Text(Setting, ""), settings.Text(FileSetting, ""));
        var keys = Try(() => Parse(text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select((entry, index) => ($"entry {index + 1}", entry)))) ?? [];
        if (path.Length == 0)
            return (keys, null);
        path = DatabaseFile.Resolve(path);
        Try(() => ReadFile(path));
        return (keys, path);

        IReadOnlyList<ApiKey>? Try(Func<IReadOnlyList<ApiKey>> read)
        {
            try
            {
                return read();
            }
            catch (FormatException exception)
            {
                settings.Refuse(exception.Message);
                return null;
            }
        }
    }

    /// <summary>Reads a file with a key on each line. Empty lines, and those that begin with <c>#</c>, are skipped.</summary>
    /// <exception cref="FormatException">It cannot be read, or a line is bad; the message is a sentence for people.</exception>
    public static IReadOnlyList<ApiKey> ReadFile(string path)
    {
        try
        {
            return Parse(File.ReadAllLines(path)
                .Select((line, index) => ($"line {index + 1} of {path}", line.Trim()))
                .Where(line => line.Item2.Length > 0 && line.Item2[0] != '#'));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"The setting {FileSetting} names a file that cannot be read: {exception.Message}");
        }
    }

    private static List<ApiKey> Parse(IEnumerable<(string Place, string Text)> entries)
    {
        var keys = new List<ApiKey>();
        foreach (var (place, text) in entries)
        {
            var key = Parse(place, text);
            if (keys.Find(other => other.Hash.Span.SequenceEqual(key.Hash.Span)) is { } same)
                throw Mistake(place, $"the keys of '{same.Owner}' and '{key.Owner}' are the same");
            keys.Add(key);
        }
        return keys;
    }

    private static ApiKey Parse(string place, string text)
    {
        var parts = text.Split(':', 3, StringSplitOptions.TrimEntries);
        if (parts.Length < 2 || !IsName(parts[0]))
            throw Mistake(place, "it must be NAME:KEY, with a name of up to 64 letters, digits and the characters . _ @ -");
        var key = new ApiKey(parts[0], HashOf(place, parts[0], parts[1]));
        try
        {
            return ApiKeyOptions.Read(key, parts.Length > 2 ? parts[2] : "");
        }
        catch (FormatException exception)
        {
            throw Mistake(place, exception.Message);
        }
    }

    private static ReadOnlyMemory<byte> HashOf(string place, string name, string key)
    {
        if (!key.StartsWith(HashPrefix, StringComparison.OrdinalIgnoreCase))
            return key.Length > 0 && key.All(character => character is > ' ' and <= '~') ? SHA256.HashData(Encoding.UTF8.GetBytes(key))
                : throw Mistake(place, $"the key of '{name}' must have visible ASCII characters only, at least one, and no colon or comma");
        var hex = key[HashPrefix.Length..];
        return hex.Length == 2 * SHA256.HashSizeInBytes && hex.All(char.IsAsciiHexDigit) ? Convert.FromHexString(hex)
            : throw Mistake(place, $"the hash of the key of '{name}' must be {HashPrefix} and 64 hexadecimal digits");
    }

    private static FormatException Mistake(string place, string mistake) => new($"The API keys: {place} is bad, since {mistake}.");

    [GeneratedRegex(@"^[A-Za-z0-9._@-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
