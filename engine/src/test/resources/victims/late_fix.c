/* To be compiled with -mtls-dialect=gnu2: vectors live on while the descriptors' functions run. */
extern __thread long per_thread;
extern __thread char big[];
double calculate(double a, double b, int c, long d);

double calculate(double a, double b, int c, long d)
{
    double x = a * b;
    per_thread += 100;
    big[c] += 2;
    return x + a + b + per_thread + c + d + big[c];
}
