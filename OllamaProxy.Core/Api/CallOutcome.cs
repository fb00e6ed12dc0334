using Microsoft.AspNetCore.Http;
using OllamaProxy.Ollama;
using OllamaProxy.Prompts;

namespace OllamaProxy.Api;

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
        if (response is not null)
            return new StoredResponseAnswer(response);
        return prompt.Status == PromptStatus.Cancelled
            ? ApiError.Of(context, StatusCodes.Status410Gone, prompt.Error ?? "It was cancelled.")
            : ApiError.Of(context, StatusOf(prompt.Error), prompt.Error ?? "There is no response of Ollama's.");
    }

    private static int StatusOf(string? error) =>
        error is not null && ErrorClassifier.SaysModelIsMissing(error) ? StatusCodes.Status404NotFound : StatusCodes.Status502BadGateway;

    /// <summary>That the prompt was deleted.</summary>
    public static IResult Deleted(HttpContext context)
    {
        context.Response.Headers[ShouldRetry] = "false";
        return ApiError.Of(context, StatusCodes.Status410Gone, "The prompt was deleted.");
    }
}
