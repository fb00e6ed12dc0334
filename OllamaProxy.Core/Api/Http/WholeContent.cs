using System.Text;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Errors;
using OllamaProxy.Prompts;

namespace OllamaProxy.Api.Http;

/// <summary>
/// Reads what a client sent with a prompt as a whole, for what cannot be done in pieces; what is long is counted meanwhile.
/// </summary>
public sealed class WholeContent(RequestBody bodies)
{
    /// <summary>How many times the length of a body its JSON takes while it is read and written.</summary>
    private const int PerByte = 3;

    /// <summary>What else the client sent, to be shown; null where there is no such thing, or it is long even without pictures.</summary>
    /// <exception cref="ProblemException">503: there is no room to read it.</exception>
    internal async Task<RawJson?> ShowAsync(HttpContext context, PromptContent content)
    {
        using var reservation = bodies.Reserve(context);
        var whole = await ReadAsync(content with { LongText = null }, reservation, context.RequestAborted);
        return SentRequest.Of(whole) is { Utf8.Length: <= LongText.MaxShort } sent ? sent : null;
    }

    /// <summary>All of it, with nothing long left out.</summary>
    /// <param name="content">What the store says of it.</param>
    /// <param name="reservation">Where the memory is reserved, for as long as it is held.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ProblemException">503: there is no room to read it.</exception>
    internal static async Task<PromptContent> ReadAsync(PromptContent content, BufferBudget.Reservation reservation,
        CancellationToken cancellationToken)
    {
        if (content.LongText is { } text)
        {
            // As a string, each character takes two bytes.
            reservation.Add(2 * PerByte * text.Length);
            content = content with { LongText = null, Text = Encoding.UTF8.GetString(await text.ReadWholeAsync(cancellationToken)) };
        }
        if (content.LongRequest is { } request)
        {
            reservation.Add(PerByte * request.Length);
            content = content with { LongRequest = null, Request = await request.ReadWholeAsync(cancellationToken) };
        }
        if (content.Call is { LongBody: { } body } call)
        {
            reservation.Add(PerByte * body.Length);
            content = content with { Call = call with { LongBody = null, Body = await body.ReadWholeAsync(cancellationToken) } };
        }
        return content;
    }
}
