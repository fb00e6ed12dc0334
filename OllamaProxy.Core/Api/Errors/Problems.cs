using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using OllamaProxy.Api.Http;

namespace OllamaProxy.Api.Errors;

/// <summary>Error answers.</summary>
public static class Problems
{
    /// <summary>Any problem.</summary>
    public static IResult Of(int status, string detail) => JsonResult.Of(
        new Problem(ReasonPhrases.GetReasonPhrase(status), status, detail), ApiJson.Relaxed.Problem, status, Problem.ContentType);

    /// <summary>404.</summary>
    public static IResult NotFound(string detail) => Of(StatusCodes.Status404NotFound, detail);

    /// <summary>404 for an id of a prompt.</summary>
    public static IResult UnknownPrompt(string? id) => NotFound($"There is no prompt with the id '{id}'.");

    /// <summary>409: what is asked for does not go with the status of the prompt.</summary>
    public static IResult Conflict(string detail) => Of(StatusCodes.Status409Conflict, detail);

    /// <summary>400, to be thrown from wherever the bad value is found.</summary>
    public static ProblemException BadRequest(string detail) => new(StatusCodes.Status400BadRequest, detail);
}
