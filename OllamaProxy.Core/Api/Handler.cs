using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Errors;

namespace OllamaProxy.Api;

/// <summary>Answers a request. It can throw a <see cref="ProblemException"/>; <see cref="ApiPipeline"/> runs it.</summary>
public delegate Task<IResult> Handler(HttpContext context);
