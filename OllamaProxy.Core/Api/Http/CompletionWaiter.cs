using System.Globalization;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Errors;
using OllamaProxy.Hosting;
using OllamaProxy.Prompts;
using OllamaProxy.Queue;

namespace OllamaProxy.Api.Http;

/// <summary>
/// Holds an answer back until a prompt has ended, for clients that would rather wait than ask again: with
/// <c>Prefer: wait=SECONDS</c> (RFC 7240) or <c>?wait=SECONDS</c>. More than 200 seconds are cut to that: the Functions host
/// gives up after 240.
/// </summary>
public sealed class CompletionWaiter(PromptQueue queue, Shutdown shutdown)
{
    /// <summary>The header that tells a client which of its preferences was heeded.</summary>
    public const string Applied = "Preference-Applied";

    private const string Prefer = "Prefer";
    private const string Parameter = "wait";
    private const string RespondAsync = "respond-async";
    private const int Longest = 200;

    /// <summary>For how many seconds the client prefers to wait; null: it says nothing of that. What is malformed is passed over.</summary>
    public static int? Preferred(HttpContext context)
    {
        var preferred = Preferred(context.Request.Headers[Prefer]);
        if (preferred is { } seconds)
            context.Response.Headers[Applied] = string.Create(CultureInfo.InvariantCulture, $"{Parameter}={seconds}");
        return preferred;
    }

    /// <summary>Whether the client prefers not to wait on its connection for what it asks for, or no longer than some seconds.</summary>
    public static bool RespondsAsync(HttpContext context, out int seconds)
    {
        var headers = context.Request.Headers[Prefer];
        seconds = Preferred(headers) ?? 0;
        if (!Preferences(headers).Any(preference => preference[0].Trim().Equals(RespondAsync, StringComparison.OrdinalIgnoreCase)))
            return false;
        context.Response.Headers[Applied] = seconds > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{RespondAsync}, {Parameter}={seconds}") : RespondAsync;
        return true;
    }

    /// <summary>For how many seconds the query asks to wait or, where it does not, the client prefers to; null: neither.</summary>
    /// <exception cref="ProblemException">400: the query's value is no whole number.</exception>
    public static int? Asked(HttpContext context) => context.Request.Query[Parameter].ToString() is { Length: > 0 } text
        ? Seconds(text)
            ?? throw Problems.BadRequest($"'{Parameter}' must be a whole number of seconds from 0 to {Longest}, but is '{text}'.")
        : Preferred(context);

    /// <summary>Waits until the prompt has ended, but no longer than that, and returns it as it is then; null: it was deleted.</summary>
    public async Task<Prompt?> WaitAsync(Prompt prompt, int seconds, CancellationToken aborted)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(aborted, shutdown.Begun);
        try
        {
            return await queue.WaitUntilEndedAsync(prompt, TimeSpan.FromSeconds(seconds), linked.Token);
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            // At a shutdown the client gets the prompt as it is then.
            return prompt;
        }
    }

    private static int? Preferred(IEnumerable<string?> headers) => Preferences(headers)
        .Where(pair => pair.Length == 2 && pair[0].Trim().Equals(Parameter, StringComparison.OrdinalIgnoreCase))
        .Select(pair => Seconds(pair[1].Trim().Trim('"')))
        .FirstOrDefault();

    /// <summary>
    /// The preferences, of which the first of a name counts, and each may have parameters behind a semicolon (RFC 7240, section 2).
    /// </summary>
    private static IEnumerable<string[]> Preferences(IEnumerable<string?> headers) => headers
        .SelectMany(header => header?.Split(',') ?? [])
        .Select(preference => preference.Split(';')[0].Split('=', 2));

    private static int? Seconds(string text) =>
        text.Length > 0 && text.All(char.IsAsciiDigit) ? int.TryParse(text, CultureInfo.InvariantCulture, out var seconds)
            ? Math.Min(seconds, Longest) : Longest : null;
}
