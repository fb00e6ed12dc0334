using System.Globalization;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Errors;

namespace OllamaProxy.Api.Http;

/// <summary>Reads the query of a list that is read with cursors. What is empty counts as left out.</summary>
internal static class CursorQuery
{
    /// <summary>How many are asked for.</summary>
    /// <exception cref="ProblemException">400: no number, or out of bounds.</exception>
    public static int Limit(HttpRequest request, int fallback, int max)
    {
        if (Text(request, "limit") is not { } text)
            return fallback;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit >= 1 && limit <= max ? limit
            : throw Problems.BadRequest(
                string.Create(CultureInfo.InvariantCulture, $"'limit' must be a whole number from 1 to {max}, but is '{text}'."));
    }

    /// <summary>Whether the oldest are to come first.</summary>
    /// <exception cref="ProblemException">400: neither <c>asc</c> nor <c>desc</c>.</exception>
    public static bool IsAscending(HttpRequest request) => Text(request, "order") switch
    {
        null or "desc" => false,
        "asc" => true,
        var other => throw Problems.BadRequest($"'order' must be 'asc' or 'desc', but is '{other}'."),
    };

    public static string? Text(HttpRequest request, string name) =>
        request.Query[name].ToString() is { Length: > 0 } text ? text : null;
}
