using System.Globalization;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Callers;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Protocol;
using OllamaProxy.Statistics;
using OllamaProxy.Storage;

namespace OllamaProxy.Api.Stats;

/// <summary>The API that tells who used how much.</summary>
public sealed class UsageHandlers(IPromptReader reader, TimeProvider time)
{
    private const int DefaultDays = 30;

    /// <summary>
    /// What was used from the day <c>from</c> to the day <c>to</c>, both included, summed up <c>by</c> day, owner or model: 200 or 400.
    /// Whoever is no admin is told of their own usage only.
    /// </summary>
    public async Task<IResult> UsageAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var by = KeyOf(query["by"].ToString());
        var to = DayOf(query, "to") ?? DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        var from = DayOf(query, "from") ?? to.AddDays(1 - DefaultDays);
        if (from > to)
            throw Problems.BadRequest($"'from' is {Text(from)}, which is after 'to', {Text(to)}.");
        var sums = await reader.ReadUsageAsync(new(from, to, by, context.Caller().OnlyOwner), context.RequestAborted);
        return JsonResult.Of(UsageResource.Of(from, to, by, by == UsageKey.Model ? ByFullName(sums) : sums), ApiJson.Relaxed.UsageResource);
    }

    /// <summary>A model may have been named in several ways.</summary>
    private static IReadOnlyList<UsageSum> ByFullName(IReadOnlyList<UsageSum> sums) =>
    [
        .. sums.Select(sum => sum with { Key = ModelName.Canonical(sum.Key) }).GroupBy(sum => sum.Key)
            .Select(same => same.Aggregate((sum, other) => sum.With(other))).OrderBy(sum => sum.Key, StringComparer.Ordinal),
    ];

    private static UsageKey KeyOf(string name) => name switch
    {
        "" or "day" => UsageKey.Day,
        "owner" => UsageKey.Owner,
        "model" => UsageKey.Model,
        _ => throw Problems.BadRequest($"'by' must be day, owner or model, but is '{name}'."),
    };

    private static DateOnly? DayOf(IQueryCollection query, string name)
    {
        if (query[name].ToString() is not { Length: > 0 } text)
            return null;
        return DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            && day.Year is > 1 and < 9999 ? day
            : throw Problems.BadRequest($"'{name}' must be a day such as 2026-02-21, but is '{text}'.");
    }

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
