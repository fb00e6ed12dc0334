using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Ollama;
using OllamaProxy.Prompts;

namespace OllamaProxy.Api.Calls;

/// <summary>What became of a call that has ended, as its client sees it.</summary>
internal static class CallOutcome
{
    /// <summary>Tells OpenAI's and Anthropic's clients not to try again by themselves what has been tried here.</summary>
    private const string ShouldRetry = "x-should-retry";

    /// <summary>Ollama's response; where there is none, why.</summary>
    public static IResult Of(HttpContext context, Prompt prompt, StoredResponse? response)
    {
        if (response is not { Status: < StatusCodes.Status400BadRequest })
            context.Response.Headers[ShouldRetry] = "false";
        CallHandlers.SetTruncatedTo(context, prompt.TruncatedTo);
        // Older versions also stored responses that cannot be sent: then the error of the prompt is sent.
        if (response is not null && (response.Body.Length > 0 || CallResponseResult.CanBeSent(response.Status, isEmpty: true)))
            return new StoredResponseResult(response);
        var status = StatusOf(prompt);
        // That a model is missing is said here only because Ollama has just said so: in its words, to the byte.
        return status == StatusCodes.Status404NotFound && ApiError.DialectOf(context) is { EndsErrorsWithLineFeed: true } dialect
            ? JsonResult.Of((byte[])[.. dialect.WriteError(status, MessageOf(prompt)), (byte)'\n'], status, "application/json")
            : ApiError.Of(context, status, MessageOf(prompt));
    }

    /// <summary>The status of a prompt that ended without a response.</summary>
    public static int StatusOf(Prompt prompt) => prompt switch
    {
        { Status: PromptStatus.Cancelled } => StatusCodes.Status410Gone,
        { Error: { } error } when ErrorClassifier.SaysModelIsMissing(error) => StatusCodes.Status404NotFound,
        _ => StatusCodes.Status502BadGateway,
    };

    /// <summary>Why a prompt ended without a good response.</summary>
    public static string MessageOf(Prompt prompt) =>
        prompt.Error ?? (prompt.Status == PromptStatus.Cancelled ? "It was cancelled." : "There is no response of Ollama's.");

    /// <summary>That the prompt was deleted, in words.</summary>
    public const string DeletedMessage = "The prompt was deleted.";

    /// <summary>That the prompt was deleted.</summary>
    public static IResult Deleted(HttpContext context)
    {
        context.Response.Headers[ShouldRetry] = "false";
        return ApiError.Of(context, StatusCodes.Status410Gone, DeletedMessage);
    }
}
