using System.Globalization;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;

namespace OllamaProxy.Configuration;

/// <summary>
/// What stands behind an API key, such as <c>admin:weight=2:rpm=60</c>. The models come last, since their names have colons:
/// <c>models=llama3.2|qwen3:8b</c>.
/// </summary>
internal static class ApiKeyOptions
{
    private const string Models = "models=";
    private const double MaxWeight = 1000;

    /// <summary>The key with its options.</summary>
    /// <param name="key">The key.</param>
    /// <param name="text">The options, with colons between them; empty: there are none.</param>
    /// <exception cref="FormatException">They are bad; the message is the end of a sentence. It quotes nothing of the text, which may be
    /// part of a key with a colon in it.</exception>
    public static ApiKey Read(ApiKey key, string text)
    {
        while (text.Length > 0)
        {
            if (text.StartsWith(Models, StringComparison.Ordinal))
                return key with { Limits = key.Limits with { Models = ModelsOf(key, text[Models.Length..]) } };
            var parts = text.Split(':', 2, StringSplitOptions.TrimEntries);
            key = With(key, parts[0].Split('=', 2));
            text = parts.Length > 1 ? parts[1] : "";
        }
        return key;
    }

    private static ApiKey With(ApiKey key, string[] option) => option switch
    {
        ["admin"] => key with { IsAdmin = true },
        ["user"] => key with { IsAdmin = false },
        ["weight", var text] => key with { Weight = WeightOf(key, text) },
        ["rpm", var text] => key with { Limits = key.Limits with { RequestsPerMinute = Number(key, "rpm", text, 1) } },
        ["tpm", var text] => key with { Limits = key.Limits with { TokensPerMinute = Number(key, "tpm", text, 1) } },
        ["tpd", var text] => key with { Limits = key.Limits with { TokensPerDay = Number(key, "tpd", text, 1) } },
        ["max_queued", var text] => key with { Limits = key.Limits with { MaxQueued = Number(key, "max_queued", text, 0) } },
        ["max_running", var text] => key with { Limits = key.Limits with { MaxRunning = Number(key, "max_running", text, 1) } },
        ["max_priority", var text] => key with
        {
            Limits = key.Limits with
            {
                MaxPriority = Number(key, "max_priority", text, QueueRank.LowestPriority, QueueRank.HighestPriority),
            },
        },
        _ => throw new FormatException($"what follows the key of '{key.Owner}' must be user, admin, weight=, rpm=, tpm=, tpd=, "
            + "max_queued=, max_running=, max_priority= or, at the end, models=. Give a key with a colon in it as its hash"),
    };

    private static double WeightOf(ApiKey key, string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var weight)
            && weight is > 0 and <= MaxWeight ? weight
            : throw new FormatException($"the weight of '{key.Owner}' must be a number above 0 and up to {MaxWeight}");

    private static int Number(ApiKey key, string name, string text, int least, int most = int.MaxValue) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most ? number
            : throw new FormatException($"{name} of '{key.Owner}' must be a whole number from {least} to {most}");

    private static HashSet<string> ModelsOf(ApiKey key, string text)
    {
        var models = text.Split('|').Select(ModelName.Canonical).ToHashSet();
        return models.Contains("")
            ? throw new FormatException($"models of '{key.Owner}' must be names of models, with | between them") : models;
    }
}
