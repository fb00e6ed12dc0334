using OllamaProxy.Statistics;

namespace OllamaProxy.Storage;

/// <summary>The columns of the table <c>usage</c>, which has the same ones in both stores.</summary>
internal static class UsageColumns
{
    /// <summary>All of them, in order.</summary>
    public const string All = "day, owner, model, prompts, failed, cancelled, prompt_tokens, tokens, milliseconds";

    /// <summary>Their sums, behind a key.</summary>
    public const string Sums =
        "sum(prompts), sum(failed), sum(cancelled), sum(prompt_tokens), sum(tokens), sum(milliseconds)";

    /// <summary>The column of a key.</summary>
    public static string Of(UsageKey key) => key switch
    {
        UsageKey.Owner => "owner",
        UsageKey.Model => "model",
        _ => "day",
    };

    /// <summary>A day as it is stored.</summary>
    public static string Of(DateOnly day) => day.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>A row of the table, as it is copied.</summary>
internal sealed record UsageRow(string Day, string Owner, string Model, IReadOnlyList<long> Figures);
