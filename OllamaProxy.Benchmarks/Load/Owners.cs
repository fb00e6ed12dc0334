using System.Globalization;

namespace OllamaProxy.Benchmarks.Load;

/// <summary>A thousand owners, each with an API key.</summary>
internal static class Owners
{
    public const int Count = 1000;

    /// <summary>The name of one of them.</summary>
    /// <param name="number">Any number: those that differ by <see cref="Count"/> are the same owner's.</param>
    public static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"owner-{number % Count}");

    /// <summary>A key of each.</summary>
    public static IReadOnlyList<string> Keys { get; } =
        [.. Enumerable.Range(0, Count).Select(number => string.Create(CultureInfo.InvariantCulture, $"{number:x48}"))];

    /// <summary>Writes the keys to a file, and returns the setting that names it.</summary>
    public static async Task<(string Name, string Value)> WriteKeysAsync(string folder, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, "keys");
        await File.WriteAllLinesAsync(path, Keys.Select((key, number) => $"{Name(number)}:{key}"), cancellationToken);
        return ("OLLAMA_PROXY_API_KEYS_FILE", path);
    }

    /// <summary>The same request once from each.</summary>
    public static IReadOnlyList<byte[]> Post(string path, string body) => [.. Keys.Select(key => Request.Post(path, body, key))];
}
