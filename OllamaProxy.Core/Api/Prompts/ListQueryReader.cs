using System.Globalization;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Access;
using OllamaProxy.Api.Errors;
using OllamaProxy.Prompts;

namespace OllamaProxy.Api.Prompts;

/// <summary>Makes a <see cref="PromptQuery"/> of a query string.</summary>
internal static class ListQueryReader
{
    private const int DefaultPageSize = 5;
    private const int MaxPageSize = 100;

    /// <summary>
    /// Reads <c>page</c>, <c>page_size</c>, <c>status</c>, <c>model</c>, <c>owner</c>, <c>batch</c> and <c>q</c>; empty ones count as left
    /// out.
    /// </summary>
    /// <exception cref="ProblemException">400: a value is no good; the message names it. 403: the caller may not list these.</exception>
    public static PromptQuery Read(IQueryCollection query, Caller caller) =>
        new(Int32(query, "page", 1, int.MaxValue), Int32(query, "page_size", DefaultPageSize, MaxPageSize))
        {
            Status = Text(query, "status") is { } status ? Status(status) : null,
            Model = Text(query, "model"),
            Owner = Owner(Text(query, "owner"), caller),
            Batch = Text(query, "batch") is { } batch ? Batch(batch) : null,
            Search = Text(query, "q"),
        };

    private static string? Owner(string? asked, Caller caller) => asked is null || caller.SeesAll || asked == caller.Owner
        ? caller.OnlyOwner ?? asked
        : throw new ProblemException(StatusCodes.Status403Forbidden, "Only an admin can list the prompts of other owners.");

    private static string? Text(IQueryCollection query, string name) =>
        query[name].ToString() is { Length: > 0 } text ? text : null;

    private static int Int32(IQueryCollection query, string name, int fallback, int max)
    {
        if (Text(query, name) is not { } text)
            return fallback;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= max ? number
            : throw Problems.BadRequest(
                string.Create(CultureInfo.InvariantCulture, $"'{name}' must be a whole number from 1 to {max}, but is '{text}'."));
    }

    private static Guid Batch(string id) => Guid.TryParseExact(id, "D", out var batch) ? batch
        : throw Problems.BadRequest($"'batch' must be the id of a batch, but is '{id}'.");

    private static PromptStatus Status(string name) => PromptStatusNames.TryParse(name, out var status) ? status
        : throw Problems.BadRequest($"'status' must be one of {string.Join(", ", PromptStatusNames.All)}, but is '{name}'.");
}
