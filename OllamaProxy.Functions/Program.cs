using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OllamaProxy;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
builder.AddOllamaProxy();
builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
builder.Build().Run();
